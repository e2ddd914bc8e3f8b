"""Recognition of faces and number plates on decoded pictures: detection, recognition, and voting over a track."""
