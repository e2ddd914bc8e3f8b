"""Object detection with the installer's own ONNX model."""
