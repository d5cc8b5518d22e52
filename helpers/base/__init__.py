"""What everything stands on: files and errors, progress, the device, several processes."""
