# shosoin_room(NAME <target> USES <targets...>): one folder of the house = one static library made of every .cpp beside its
# CMakeLists.txt, and in the folders named in WINGS, except main.cpp. What a room may use is written in USES and nowhere else.
function(shosoin_room)
  cmake_parse_arguments(ROOM "" "NAME" "USES;WINGS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  foreach(wing IN LISTS ROOM_WINGS)
    file(GLOB more CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${wing}/*.cpp")
    list(APPEND sources ${more})
  endforeach()
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT sources)
    message(STATUS "room ${ROOM_NAME} has no source yet")
    return()
  endif()
  add_library(${ROOM_NAME} STATIC ${sources})
  target_include_directories(${ROOM_NAME} PUBLIC "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${ROOM_NAME} PUBLIC ${ROOM_USES})
endfunction()

# What is tested stays as it ships, and the tests have its guards; they are built sooner with less optimising than they would run faster
# with more. The warnings that g++ 12 draws from optimising it draws wrongly at -O1 and from precompiled headers (an empty std::optional
# in std::sort is "uninitialised", a string that grows is "out of bounds"): they are off here, and errors in all that ships.
# -fpch-preprocess: for ccache, which else takes no file with precompiled headers.
function(shosoin_test_options target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1> $<$<CONFIG:RelWithDebInfo>:-O0>
    $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds> $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>
    $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overread> $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
  target_compile_definitions(${target} PRIVATE SHOSOIN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
endfunction()

# shosoin_tests(NAME <binary> USES <targets...>): every *_test.cpp beside the CMakeLists.txt in one GoogleTest program.
# The globbing means that no test file can be left out of the list by mistake. APART <name=filter...>: long tests that become entries
# of their own, so that they can run beside the others; a filter that selects nothing fails.
function(shosoin_tests)
  cmake_parse_arguments(TESTS "" "NAME;TIMEOUT" "USES;APART" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp")
  add_executable(${TESTS_NAME} ${sources})
  target_include_directories(${TESTS_NAME} PRIVATE "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${TESTS_NAME} PRIVATE ${TESTS_USES} GTest::gmock GTest::gtest_main)
  shosoin_test_options(${TESTS_NAME})
  target_precompile_headers(${TESTS_NAME} REUSE_FROM shosoin_test_headers)
  if(NOT TESTS_TIMEOUT)
    set(TESTS_TIMEOUT 120)
  endif()
  set(others "")
  foreach(apart IN LISTS TESTS_APART)
    string(REGEX REPLACE "^[a-z_]+=" "" filter "${apart}")
    list(APPEND others "${filter}")
  endforeach()
  list(JOIN others ":" others)
  add_test(NAME ${TESTS_NAME} COMMAND ${TESTS_NAME} --gtest_brief=1 "--gtest_filter=-${others}")
  set(entries ${TESTS_NAME})
  foreach(apart IN LISTS TESTS_APART)
    string(REGEX REPLACE "=.*" "" entry "${TESTS_NAME}.${apart}")
    string(REGEX REPLACE "^[a-z_]+=" "" filter "${apart}")
    add_test(NAME ${entry} COMMAND ${TESTS_NAME} --gtest_brief=1 "--gtest_filter=${filter}")
    list(APPEND entries ${entry})
  endforeach()
  set_tests_properties(${entries} PROPERTIES TIMEOUT ${TESTS_TIMEOUT} FAIL_REGULAR_EXPRESSION "0 tests from 0 test suites")
endfunction()

# shosoin_floor(<rooms...>): the rooms of one floor, in the order in which they stand.
function(shosoin_floor)
  foreach(room IN LISTS ARGN)
    if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${room}/CMakeLists.txt")
      add_subdirectory(${room})
    endif()
  endforeach()
endfunction()

# shosoin_python_tests(PREFIX <prefix> [TIMEOUT s] [LABELS ...] [SERIAL]): every *_test.py beside the CMakeLists.txt is one test, named
# prefix_file. Standard library only. They find the built programs through SHOSOIN_BUILD_DIR.
function(shosoin_python_tests)
  cmake_parse_arguments(TESTS "SERIAL" "PREFIX;TIMEOUT" "LABELS" ${ARGN})
  find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
  if(NOT TESTS_TIMEOUT)
    set(TESTS_TIMEOUT 120)
  endif()
  file(GLOB scripts CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*_test.py")
  foreach(script IN LISTS scripts)
    get_filename_component(name "${script}" NAME_WE)
    add_test(NAME ${TESTS_PREFIX}_${name} COMMAND ${Python3_EXECUTABLE} -B "${script}")
    set_tests_properties(${TESTS_PREFIX}_${name} PROPERTIES TIMEOUT ${TESTS_TIMEOUT} LABELS "${TESTS_LABELS}"
                         ENVIRONMENT "SHOSOIN_BUILD_DIR=${CMAKE_BINARY_DIR}" RUN_SERIAL ${TESTS_SERIAL})
  endforeach()
endfunction()
