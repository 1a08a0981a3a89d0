# Finds onnx-ml.proto in the project's Python environment and generates the
# reader's classes from it: onnx itself links no C++ library that we could use
# (design: its package is renamed, so that a process which already holds onnx's
# own classes, as any Python with onnx imported does, sees no clash).

if(NOT DEFINED DILATED_PYTHON AND SKBUILD)
  # A wheel's build environment has it.
  set(DILATED_PYTHON ${Python_EXECUTABLE} CACHE FILEPATH "Python with the onnx package")
elseif(NOT DEFINED DILATED_PYTHON AND EXISTS ${PROJECT_SOURCE_DIR}/.venv/bin/python)
  set(DILATED_PYTHON ${PROJECT_SOURCE_DIR}/.venv/bin/python CACHE FILEPATH
      "Python with the onnx package")
elseif(NOT DEFINED DILATED_PYTHON)
  set(DILATED_PYTHON python3 CACHE FILEPATH "Python with the onnx package")
endif()

# find_spec locates the package without importing it.
execute_process(
  COMMAND ${DILATED_PYTHON} -c "\
import importlib.util, pathlib
spec = importlib.util.find_spec('onnx')
proto = spec and pathlib.Path(spec.origin).parent / 'onnx-ml.proto'
print(proto.as_posix() if proto and proto.exists() else '', end='')"
  OUTPUT_VARIABLE DILATED_ONNX_PROTO
  ERROR_VARIABLE dilated_onnx_proto_error
  RESULT_VARIABLE dilated_onnx_proto_result)
if(NOT dilated_onnx_proto_result EQUAL 0 OR NOT EXISTS "${DILATED_ONNX_PROTO}")
  message(FATAL_ERROR
    "onnx-ml.proto was not found by ${DILATED_PYTHON} ${dilated_onnx_proto_error}: "
    "run tools/setup.sh, or set DILATED_PYTHON to a Python that has onnx 1.22 installed.")
endif()

set(proto_dir ${CMAKE_CURRENT_BINARY_DIR}/proto)
file(MAKE_DIRECTORY ${proto_dir})
add_custom_command(
  OUTPUT ${proto_dir}/OnnxProto.proto
  COMMAND sed "s/^package onnx;/package dilated_mlir.onnxpb;/"
          ${DILATED_ONNX_PROTO} > ${proto_dir}/OnnxProto.proto
  DEPENDS ${DILATED_ONNX_PROTO}
  COMMENT "Renaming the package of onnx-ml.proto"
  VERBATIM)
add_custom_command(
  OUTPUT ${proto_dir}/OnnxProto.pb.cc ${proto_dir}/OnnxProto.pb.h
  COMMAND protobuf::protoc --proto_path=${proto_dir} --cpp_out=${proto_dir}
          ${proto_dir}/OnnxProto.proto
  DEPENDS ${proto_dir}/OnnxProto.proto
  COMMENT "Generating the ONNX reader's classes"
  VERBATIM)

# Generated code: no warnings of ours, no precompiled header of ours.
add_library(DilatedOnnxProto STATIC ${proto_dir}/OnnxProto.pb.cc ${proto_dir}/OnnxProto.pb.h)
target_compile_options(DilatedOnnxProto PRIVATE -w)
target_include_directories(DilatedOnnxProto SYSTEM PUBLIC ${proto_dir})
target_link_libraries(DilatedOnnxProto PUBLIC protobuf::libprotobuf-lite)
