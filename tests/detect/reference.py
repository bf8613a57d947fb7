"""What the object detectors see when Python drives them: ONNX Runtime, OpenCV and NumPy.

    reference.py <coco-ssd.onnx> <yolo11n.onnx> <picture>...

Prints one JSON object: by model and picture, the detections as class number (0-79), score and box
(left, top, right, bottom in pixels of the picture). Written without a look at the Rust code, after
the models' own examples. Runs in the virtual environment that tests/ocr/setup.sh makes.
"""

import json
import sys

import cv2
import numpy
import onnxruntime

# COCO ids without pictures.
UNUSED = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
CLASS_OF_ID = {one: number for number, one in enumerate(i for i in range(1, 91) if i not in UNUSED)}


def suppressed(found, limit):
    kept = []
    for one in sorted(found, key=lambda one: -one[1]):
        if all(one[0] != other[0] or overlap(one[2], other[2]) <= limit for other in kept):
            kept.append(one)
    return kept


def overlap(a, b):
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(across, 0) * max(down, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return shared / (sum(areas) - shared)


def clipped(box, width, height):
    limits = (width, height, width, height)
    return [float(min(max(edge, 0), limit)) for edge, limit in zip(box, limits)]


def coco_ssd(session, picture):
    height, width = picture.shape[:2]
    shown = cv2.resize(picture, (300, 300), interpolation=cv2.INTER_LINEAR)[None]
    names = ["Postprocessor/Slice:0", "Postprocessor/ExpandDims_1:0"]
    scores, boxes = session.run(names, {"image_tensor:0": shown})
    scores, boxes = scores[0], boxes[0][:, 0]
    columns = numpy.array([one - 1 for one in CLASS_OF_ID])
    known = scores[:, columns]
    found = []
    for anchor in numpy.flatnonzero(known.max(axis=1) >= 0.4):
        top, left, bottom, right = boxes[anchor]
        box = clipped((left * width, top * height, right * width, bottom * height), width, height)
        found.append((int(known[anchor].argmax()), float(known[anchor].max()), box))
    return suppressed(found, 0.5)


def yolo(session, picture):
    height, width = picture.shape[:2]
    scale = 640 / max(height, width)
    inner = (round(width * scale), round(height * scale))
    left, top = (640 - inner[0]) // 2, (640 - inner[1]) // 2
    square = numpy.full((640, 640, 3), 114, numpy.uint8)
    resized = cv2.resize(picture, inner, interpolation=cv2.INTER_LINEAR)
    square[top : top + inner[1], left : left + inner[0]] = resized
    tensor = square.transpose(2, 0, 1)[None].astype(numpy.float32) / 255
    answer = session.run(["output0"], {"images": tensor})[0][0]
    scores = answer[4:]
    found = []
    for anchor in numpy.flatnonzero(scores.max(axis=0) >= 0.25):
        x, y, w, h = answer[:4, anchor]
        edges = ((x - w / 2 - left) * width / inner[0], (y - h / 2 - top) * height / inner[1])
        edges += ((x + w / 2 - left) * width / inner[0], (y + h / 2 - top) * height / inner[1])
        box = clipped(edges, width, height)
        found.append((int(scores[:, anchor].argmax()), float(scores[:, anchor].max()), box))
    return suppressed(found, 0.7)


def main():
    ssd_path, yolo_path, *pictures = sys.argv[1:]
    providers = ["CPUExecutionProvider"]
    ssd = onnxruntime.InferenceSession(ssd_path, providers=providers)
    eleven = onnxruntime.InferenceSession(yolo_path, providers=providers)
    found = {"coco-ssd": {}, "yolo11n": {}}
    for path in pictures:
        picture = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
        found["coco-ssd"][path] = coco_ssd(ssd, picture)
        found["yolo11n"][path] = yolo(eleven, picture)
    json.dump(found, sys.stdout)


main()
