"""The drivers that come with Anju, one file a device family. A device's kind in devices.yaml is its file's name."""
