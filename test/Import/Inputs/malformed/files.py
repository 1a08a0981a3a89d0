# What cannot be read as a model at all.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os

import numpy as np
import onnx

from .cases import case, good


@case("file", 2, "cannot open the model")
def missing_file(path):
    return None


@case("file", 2, "it is a directory")
def directory(path):
    os.mkdir(os.path.join(path, "model.onnx"))


@case("file", 2, "not a regular file")
def fifo(path):
    os.mkfifo(os.path.join(path, "model.onnx"))


@case("file", 2, "the file is empty")
def empty_file(path):
    return b""


@case("file", 2, "2 GiB", "external data")
def beyond_two_gib(path):
    with open(os.path.join(path, "model.onnx"), "wb") as file:
        file.truncate(2**31 + 1)


@case("file", 2, "not an ONNX model")
def text_file(path):
    return b"# A model\n\nThis is not a protobuf message.\n"


@case("file", 2, "not an ONNX model")
def random_bytes(path):
    return np.random.default_rng(7).bytes(4096)


@case("file", 2, "it holds no graph")
def no_graph(path):
    return onnx.ModelProto(ir_version=10, producer_name="nobody")


@case("file", 2, "truncated", "runs past the end", "in a ModelProto")
def truncated_in_weights(path):
    return good().SerializeToString()[:-60]


@case("file", 2, "truncated")
def truncated_at_one_byte(path):
    return good().SerializeToString()[:1]


@case("file", 2, "truncated")
def truncated_in_header(path):
    return good().SerializeToString()[:4]


@case("file", 2, "in a NodeProto")
def length_beyond_the_node(path):
    # The length of the node's name, "product", grows past the node's end.
    return good().SerializeToString().replace(b"\x07product", b"\x7fproduct")


@case("file", 2, "no field starts")
def tag_zero(path):
    return good().SerializeToString() + b"\0\0"


@case("file", 2, "nested more than 100 messages deep")
def nested_without_end(path):
    # Subgraphs in subgraphs, three messages each; onnx's Python would refuse to
    # serialise them, so the bytes are put together here.
    def field(number, payload):
        return varint(number << 3 | 2) + varint(len(payload)) + payload

    def varint(number):
        out = b""
        while number >= 0x80:
            out += bytes([number & 0x7F | 0x80])
            number >>= 7
        return out + bytes([number])

    graph = b""
    for _ in range(200):
        node = field(4, b"If") + field(5, field(1, b"then_branch") + field(6, graph))
        graph = field(1, node)
    return good().SerializeToString() + field(7, graph)
