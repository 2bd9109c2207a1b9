# test/fuzz: the parsers of outside bytes. In every build a suite replays the kept inputs; with
# STOWAGE_FUZZ (clang) there is a libFuzzer program fuzz_NAME for each test/fuzz/NAME_fuzz.cc.
if(NOT STOWAGE_FUZZ)
  stowage_test(fuzz LABELS unit DEPS app/lib vkubelet/server sim/cluster sim/apiserver sim/engine
    providers/kubernetes kube/http/client kube/http/io ${KUBE} ${BASE})
  return()
endif()

# RapidJSON's stacks add to a null pointer before they are first grown.
set_source_files_properties(${CMAKE_SOURCE_DIR}/kube/api/json.cc TARGET_DIRECTORY stowage_kube_api
  PROPERTIES COMPILE_OPTIONS -fno-sanitize=pointer-overflow)

add_library(fuzz_entry STATIC ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/target.cc
  ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/libfuzzer/entry.cc)
target_link_libraries(fuzz_entry PUBLIC stowage_kube_api)
add_custom_target(fuzz)

# stowage_fuzz(json SOURCES a/b.cc DEPS kube/api): libraries where most of one is needed, else files.
function(stowage_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  list(TRANSFORM ARG_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/)
  stowage_deps(deps ${ARG_DEPS})
  add_executable(fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/${name}_fuzz.cc ${ARG_SOURCES})
  target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/app)
  target_link_libraries(fuzz_${name} PRIVATE fuzz_entry ${deps})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzz fuzz_${name})
endfunction()

stowage_fuzz(json)
stowage_fuzz(quantity)
stowage_fuzz(selector)
stowage_fuzz(time DEPS base/time)
stowage_fuzz(http SOURCES kube/http/io/message.cc DEPS kube/client)
stowage_fuzz(kubeconfig DEPS kube/http/io yaml-cpp SOURCES kube/http/client/address.cc kube/http/client/credentials.cc
  kube/http/client/exec_plugin.cc kube/http/client/kubeconfig.cc)
stowage_fuzz(shell SOURCES sim/cluster/shell_syntax.cc DEPS base/result)
stowage_fuzz(spdy SOURCES sim/cluster/spdy_framer.cc sim/cluster/spdy_dictionary.cc
  DEPS base/result ZLIB::ZLIB)
stowage_fuzz(websocket SOURCES sim/cluster/websocket_framer.cc DEPS base/result OpenSSL::Crypto)
stowage_fuzz(pod DEPS providers/kubernetes)
stowage_fuzz(cluster SOURCES app/manager/cluster_spec.cc DEPS providers/kubernetes scheduler/model)
stowage_fuzz(run_config SOURCES app/lib/run_config.cc app/lib/embedded_files.cc
  DEPS scheduler/model kube/client yaml-cpp)
stowage_fuzz(placement DEPS app/solve)
stowage_fuzz(request SOURCES sim/apiserver/request.cc sim/apiserver/status.cc kube/http/io/message.cc
  vkubelet/server/kubelet_path.cc DEPS kube/client)
stowage_fuzz(yaml SOURCES app/lib/embedded_files.cc sim/apiserver/yaml.cc DEPS kube/client yaml-cpp)
stowage_fuzz(protobuf SOURCES sim/apiserver/wire.cc sim/apiserver/wire_table.cc DEPS kube/api)
stowage_fuzz(patch DEPS sim/apiserver)
stowage_fuzz(apply DEPS sim/apiserver)
stowage_fuzz(schema DEPS sim/apiserver)
stowage_fuzz(apiserver DEPS sim/apiserver sim/engine)
