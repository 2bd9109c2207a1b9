stowage_test(base LABELS unit DEPS base/result base/time base/random base/log)
