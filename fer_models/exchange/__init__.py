"""Networks to and from other programs: weight files, ONNX."""
