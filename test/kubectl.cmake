# Real kubectl clients against `stowage up`.
find_program(PYTHON3 python3)
if(PYTHON3)
  add_test(NAME kubectl/verbs COMMAND ${PYTHON3} ${CMAKE_SOURCE_DIR}/test/kubectl/run.py --stowage $<TARGET_FILE:stowage>)
  set_tests_properties(kubectl/verbs PROPERTIES LABELS kubectl TIMEOUT 600)
endif()
