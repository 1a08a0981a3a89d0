# How this project declares a library, a tool and a dialect.

set(DILATED_WARNINGS -Wall -Wextra -Wno-unused-parameter)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc 12 reports these falsely inside LLVM's inlined containers.
  list(APPEND DILATED_WARNINGS -Wno-dangling-pointer -Wno-maybe-uninitialized
       -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(DILATED_WERROR)
  list(APPEND DILATED_WARNINGS -Werror)
endif()

# The precompiled headers of the libraries that link MLIR: most of a pass file's
# compile time is these includes. DilatedPCH is for all; those that emit code of
# GPUs have a larger one, which would cost the others more than it saves.
if(DILATED_ENABLE_PCH)
  foreach(pch DilatedPCH DilatedGPUPCH)
    # Not WRITE: that would make everything anew whenever CMake runs.
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${pch}.cpp CONTENT "")
    add_library(${pch} OBJECT EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/${pch}.cpp)
    target_compile_options(${pch} PRIVATE -fno-rtti -fno-exceptions)
    target_precompile_headers(${pch} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/${pch}.h)
  endforeach()
endif()

function(dilated_compile_options target)
  target_compile_options(${target} PRIVATE ${DILATED_WARNINGS})
  if(DILATED_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${DILATED_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${DILATED_SANITIZE})
  endif()
endfunction()

# dilated_add_library(NAME source... [PCH header-target | NO_PCH]
#                     [DEPENDS tablegen-target...] [LINK library...])
# A static library over the shared libMLIR.
function(dilated_add_library name)
  cmake_parse_arguments(ARG "NO_PCH" "PCH" "DEPENDS;LINK" ${ARGN})
  if(NOT ARG_PCH)
    set(ARG_PCH DilatedPCH)
  endif()
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  # LLVM is built without RTTI users and exceptions in mind: so are we.
  target_compile_options(${name} PRIVATE -fno-rtti -fno-exceptions)
  dilated_compile_options(${name})
  if(DILATED_ENABLE_PCH AND NOT ARG_NO_PCH)
    target_precompile_headers(${name} REUSE_FROM ${ARG_PCH})
  endif()
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
endfunction()

# dilated_add_tool(NAME source... [LINK library...])
function(dilated_add_tool name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE -fno-rtti -fno-exceptions)
  dilated_compile_options(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM)
endfunction()

# dilated_add_dialect_tablegen(Dilated dilated): the usual .inc files of a
# dialect folder that holds <Name>Ops.td, and its reference page.
function(dilated_add_dialect_tablegen name mnemonic)
  cmake_parse_arguments(ARG "ATTRS;ENUMS;INTERFACES;TYPES" "" "" ${ARGN})
  set(LLVM_TARGET_DEFINITIONS ${name}Ops.td)
  mlir_tablegen(${name}Dialect.h.inc -gen-dialect-decls -dialect=${mnemonic})
  mlir_tablegen(${name}Dialect.cpp.inc -gen-dialect-defs -dialect=${mnemonic})
  mlir_tablegen(${name}Ops.h.inc -gen-op-decls)
  mlir_tablegen(${name}Ops.cpp.inc -gen-op-defs)
  if(ARG_TYPES)
    mlir_tablegen(${name}Types.h.inc -gen-typedef-decls -typedefs-dialect=${mnemonic})
    mlir_tablegen(${name}Types.cpp.inc -gen-typedef-defs -typedefs-dialect=${mnemonic})
  endif()
  if(ARG_ATTRS)
    set(LLVM_TARGET_DEFINITIONS ${name}Attrs.td)
    mlir_tablegen(${name}Attrs.h.inc -gen-attrdef-decls -attrdefs-dialect=${mnemonic})
    mlir_tablegen(${name}Attrs.cpp.inc -gen-attrdef-defs -attrdefs-dialect=${mnemonic})
  endif()
  if(ARG_ENUMS)
    mlir_tablegen(${name}Enums.h.inc -gen-enum-decls)
    mlir_tablegen(${name}Enums.cpp.inc -gen-enum-defs)
  endif()
  if(ARG_INTERFACES)
    set(LLVM_TARGET_DEFINITIONS ${name}Interfaces.td)
    mlir_tablegen(${name}AttrInterfaces.h.inc -gen-attr-interface-decls)
    mlir_tablegen(${name}AttrInterfaces.cpp.inc -gen-attr-interface-defs)
  endif()
  add_public_tablegen_target(Dilated${name}IncGen)
  add_mlir_doc(${name}Ops ${name} Dialects/ -gen-dialect-doc -dialect=${mnemonic})
endfunction()
