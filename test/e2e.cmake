# Real Kubernetes on this machine: `make e2e`. Not a part of `make test`; needs root and ten minutes more the first time.
find_package(Python3 COMPONENTS Interpreter)
add_custom_target(e2e_tools DEPENDS differential)  # what the suite needs besides the program itself
if(Python3_FOUND)
  add_test(NAME e2e COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_SOURCE_DIR}/test/e2e/e2e.py
    --stowage $<TARGET_FILE:stowage>)
  set_tests_properties(e2e PROPERTIES LABELS e2e TIMEOUT 3600 RUN_SERIAL TRUE)
endif()
