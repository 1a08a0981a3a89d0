# Tensors in files beside the model.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os

from onnx import TensorProto

from .cases import case, with_tensor


def external(path, location="weights.bin", size=64, entries=None, shape=(4, 4)):
    """A model whose weight lies in `location`; `entries` replaces the keys."""
    if size is not None:
        with open(os.path.join(path, "weights.bin"), "wb") as file:
            file.write(bytes(size))
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    for key, text in entries or [("location", location)]:
        tensor.external_data.add(key=key, value=text)
    return with_tensor(tensor)


@case("external", 1, "initializer 'w' external data location '../weights.bin' contains '..'")
def leaves_the_folder(path):
    with open(os.path.join(path, "..", "weights.bin"), "wb") as file:
        file.write(bytes(64))
    return external(path, "../weights.bin")


@case("external", 1, "contains '..'")
def leaves_the_folder_later(path):
    return external(path, "a/../../weights.bin")


@case("external", 1, "is absolute")
def absolute_location(path):
    return external(path, "/etc/passwd")


@case("external", 1, "is empty")
def empty_location(path):
    return external(path, "")


@case("external", 1, "contains a NUL character")
def nul_in_location(path):
    return external(path, "weights.bin\0.txt")


@case("external", 1, "external data has no location")
def no_location(path):
    return external(path, entries=[("offset", "0")])


@case("external", 1, "external data file 'link.bin': is, or lies behind, a symbolic link")
def symbolic_link(path):
    os.symlink("weights.bin", os.path.join(path, "link.bin"))
    return external(path, "link.bin")


@case("external", 1, "is, or lies behind, a symbolic link")
def folder_is_a_symbolic_link(path):
    os.symlink(".", os.path.join(path, "folder"))
    return external(path, "folder/weights.bin")


@case("external", 1, "external data file 'weights.bin': No such file")
def missing_data_file(path):
    return external(path, size=None)


@case("external", 1, "external data file 'weights.bin': No such file", extra=["--external-data-dir", "empty"])
def missing_in_the_given_folder(path):
    os.mkdir(os.path.join(path, "empty"))
    return external(path)


@case("external", 1, "cannot open folder 'nowhere'", extra=["--external-data-dir", "nowhere"])
def given_folder_is_missing(path):
    return external(path)


@case("external", 1, "is not a regular file")
def data_file_is_a_directory(path):
    os.mkdir(os.path.join(path, "folder"))
    return external(path, "folder")


@case("external", 1, "is not a regular file")
def data_file_is_a_fifo(path):
    os.mkfifo(os.path.join(path, "pipe"))
    return external(path, "pipe")


@case("external", 1, "needs 64 bytes at offset 0 of external data file 'weights.bin', which has 60")
def data_file_short(path):
    return external(path, size=60)


@case("external", 1, "needs 64 bytes at offset 32", "which has 64")
def offset_beyond(path):
    return external(path, entries=[("location", "weights.bin"), ("offset", "32")])


@case("external", 1, "at offset 9223372036854775807")
def offset_wraps_around(path):
    return external(path, entries=[("location", "weights.bin"), ("offset", str(2**63 - 1))])


@case("external", 1, "offset '18446744073709551616' is not a decimal number")
def offset_beyond_64_bits(path):
    return external(path, entries=[("location", "weights.bin"), ("offset", str(2**64))])


@case("external", 1, "offset '-4' is not a decimal number")
def offset_negative(path):
    return external(path, entries=[("location", "weights.bin"), ("offset", "-4")])


@case("external", 1, "offset '0x10' is not a decimal number")
def offset_hexadecimal(path):
    return external(path, entries=[("location", "weights.bin"), ("offset", "0x10")])


@case("external", 1, "external data of length 60, but its type tensor<4x4xf32> has 64 bytes")
def length_of_another_type(path):
    return external(path, entries=[("location", "weights.bin"), ("length", "60")])


@case("external", 1, "unknown key 'basepath'")
def unknown_key(path):
    return external(path, entries=[("location", "weights.bin"), ("basepath", "/etc")])


@case("external", 1, "key 'location' twice")
def key_twice(path):
    return external(path, entries=[("location", "weights.bin"), ("location", "other.bin")])


@case("external", 1, "holds data itself and external data too")
def inline_and_external(path):
    proto = external(path)
    proto.graph.initializer[0].raw_data = bytes(64)
    return proto


@case("external", 1, "external data checksum '0' is not a SHA-1 of 40 hexadecimal digits")
def checksum_is_no_sha1(path):
    return external(path, entries=[("location", "weights.bin"), ("checksum", "0")])


@case(
    "external",
    1,
    "external data file 'weights.bin' has SHA-1 c8d7d0ef0eedfa82d2ea1aa592845b9a6d4b02b7, "
    "but its checksum says " + "0" * 40,
)
def checksum_differs(path):
    return external(path, entries=[("location", "weights.bin"), ("checksum", "0" * 40)])
