"""Writes face-api's expression network as ONNX.

    convert_face_api.py <weights_manifest.json> <out.onnx>

The weights lie beside the manifest, in the file it names; most are bytes with a scale and an
offset. Their network exists only as JavaScript (FaceExpressionNet on FaceFeatureExtractor, four
densely connected blocks of depthwise separable convolutions), so it is written down here.
Input `input`: [images, 3, 112, 112], RGB from 0 to 255. Output `probs`: [images, 7]; neutral,
happy, sad, angry, fearful, disgusted, surprised. Runs in the virtual environment described by
convert-requirements.txt.
"""

import json
import os
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
# Mean colour of the training images, red first, as face-api subtracts it.
MEAN = [122.782, 117.001, 104.298]


def read_weights(manifest):
    """The arrays of a weights manifest by name, as single precision."""
    with open(manifest, encoding="utf-8") as file:
        groups = json.load(file)
    arrays = {}
    for group in groups:
        raw = b""
        for path in group["paths"]:
            if os.path.basename(path) != path:
                raise SystemExit(f"{manifest} names a file outside its own folder: {path!r}")
            with open(os.path.join(os.path.dirname(os.path.abspath(manifest)), path), "rb") as file:
                raw += file.read()
        offset = 0
        for weight in group["weights"]:
            count = int(numpy.prod(weight["shape"]))
            quantised = weight.get("quantization")
            kind = numpy.dtype(quantised["dtype"] if quantised else weight["dtype"])
            array = numpy.frombuffer(raw, kind, count, offset).astype(numpy.float32)
            offset += count * kind.itemsize
            if quantised:
                array = array * quantised["scale"] + quantised["min"]
            arrays[weight["name"]] = array.reshape(weight["shape"]).astype(numpy.float32)
        if offset != len(raw):
            raise SystemExit(f"{manifest} does not fit its weights")
    return arrays


class Graph:
    """Nodes and constants, in the order they are added."""

    def __init__(self, weights):
        self.weights = weights
        self.nodes = []
        self.constants = []

    def constant(self, array):
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(array), name))
        return name

    def add(self, operation, inputs, output=None, **attributes):
        output = output or f"value{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [output], **attributes))
        return output

    def convolution(self, value, name, stride):
        # TensorFlow keeps height, width, in, out; ONNX wants out, in, height, width.
        filters = self.constant(self.weights[f"{name}/filters"].transpose(3, 2, 0, 1))
        bias = self.constant(self.weights[f"{name}/bias"])
        return self.add(
            "Conv", [value, filters, bias],
            strides=[stride, stride], auto_pad="SAME_UPPER", kernel_shape=[3, 3],
        )

    def separable_convolution(self, value, name, stride):
        depthwise = self.weights[f"{name}/depthwise_filter"]
        pointwise = self.weights[f"{name}/pointwise_filter"]
        value = self.add(
            "Conv", [value, self.constant(depthwise.transpose(2, 3, 0, 1))],
            strides=[stride, stride], auto_pad="SAME_UPPER",
            group=depthwise.shape[2], kernel_shape=[3, 3],
        )
        filters = self.constant(pointwise.transpose(3, 2, 0, 1))
        bias = self.constant(self.weights[f"{name}/bias"])
        return self.add("Conv", [value, filters, bias], kernel_shape=[1, 1])

    def dense_block(self, value, name, first):
        convolution = self.convolution if first else self.separable_convolution
        total = self.add("Relu", [convolution(value, f"{name}/conv0", 2)])
        active = total
        for index in range(1, 4):
            value = self.separable_convolution(active, f"{name}/conv{index}", 1)
            total = self.add("Add", [total, value])
            active = self.add("Relu", [total])
        return active


def build(weights):
    graph = Graph(weights)
    mean = numpy.array(MEAN, numpy.float32).reshape(1, 3, 1, 1)
    value = graph.add("Sub", ["input", graph.constant(mean)])
    value = graph.add("Div", [value, graph.constant(numpy.array(255, numpy.float32))])
    for index in range(4):
        value = graph.dense_block(value, f"dense{index}", first=index == 0)
    value = graph.add("Flatten", [graph.add("GlobalAveragePool", [value])])
    value = graph.add("MatMul", [value, graph.constant(weights["fc/weights"])])
    value = graph.add("Add", [value, graph.constant(weights["fc/bias"])])
    graph.add("Softmax", [value], output="probs", axis=1)
    inputs = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["images", 3, 112, 112])
    outputs = helper.make_tensor_value_info("probs", TensorProto.FLOAT, ["images", 7])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "expression", [inputs], [outputs], graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8,
    )
    onnx.checker.check_model(model)
    return model


def main(arguments):
    if len(arguments) != 2:
        raise SystemExit(__doc__)
    source, target = arguments
    onnx.save(build(read_weights(source)), target)


if __name__ == "__main__":
    main(sys.argv[1:])
