"""What RapidOCR reads: peer.py <folder with page_<n>.jpg>. Writes peer.json into it."""

import json
import logging
import sys
from pathlib import Path

from rapidocr import RapidOCR

logging.disable(logging.INFO)


def main():
    folder = Path(sys.argv[1])
    engine = RapidOCR(params={"EngineConfig.onnxruntime.intra_op_num_threads": 2})
    found = {}
    for path in sorted(folder.glob("*.jpg")):
        answer = engine(str(path))
        boxes = [] if answer.boxes is None else answer.boxes.tolist()
        found[path.name] = [
            {
                "text": text,
                "box": [min(p[0] for p in box), min(p[1] for p in box), max(p[0] for p in box), max(p[1] for p in box)],
            }
            for box, text in zip(boxes, answer.txts or [])
        ]
    (folder / "peer.json").write_text(json.dumps(found, ensure_ascii=False, indent=1))


main()
