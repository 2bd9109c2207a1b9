stowage_test(app LABELS unit DEPS test/support app/lib)
stowage_test(app/solve LABELS unit DEPS test/support app/solve sim/engine Clp CoinUtils)
