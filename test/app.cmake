stowage_test(app LABELS unit DEPS test/support app/lib)
