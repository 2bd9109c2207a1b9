stowage_test(lint LABELS lint)
