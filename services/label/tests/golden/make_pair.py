"""Writes the smallest pair of networks that put pictures and texts into one space: a picture is its
mean colour, a text the mean of its words' colours. Needs the packages onnx and numpy."""

import json
import pathlib

import numpy
from onnx import TensorProto, helper, numpy_helper, save

HERE = pathlib.Path(__file__).parent
WORDS = {"[UNK]": (0, 0, 0), "a": (0, 0, 0), "photo": (0, 0, 0), "of": (0, 0, 0),
         "red": (1, -1, -1), "green": (-1, 1, -1), "blue": (-1, -1, 1)}


def model(name, nodes, given, answer, constants):
    values = [numpy_helper.from_array(array, key) for key, array in constants.items()]
    graph = helper.make_graph(nodes, name, given, [answer], values)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    save(made, HERE / f"{name}.onnx")


def tensor(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


model(
    "colour-image",
    [helper.make_node("ReduceMean", ["pixel_values"], ["image_embeds"], axes=[2, 3], keepdims=0)],
    [tensor("pixel_values", TensorProto.FLOAT, ["n", 3, 32, 32])],
    tensor("image_embeds", TensorProto.FLOAT, ["n", 3]),
    {},
)
model(
    "colour-text",
    [
        helper.make_node("Gather", ["colours", "input_ids"], ["words"]),
        helper.make_node("ReduceMean", ["words"], ["text_embeds"], axes=[1], keepdims=0),
    ],
    [tensor("input_ids", TensorProto.INT64, ["n", "tokens"])],
    tensor("text_embeds", TensorProto.FLOAT, ["n", 3]),
    {"colours": numpy.array(list(WORDS.values()), numpy.float32)},
)
tokenizer = {
    "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
    "normalizer": None, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None,
    "decoder": None,
    "model": {"type": "WordLevel", "vocab": {word: at for at, word in enumerate(WORDS)},
              "unk_token": "[UNK]"},
}
(HERE / "colour-tokenizer.json").write_text(json.dumps(tokenizer) + "\n")
