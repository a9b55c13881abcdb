#!/bin/sh
# Before removal and upgrade. deb: "remove" or "upgrade"; rpm: 0 where no version stays.
set -e

case "$1" in
  remove | 0)
    if [ -d /run/systemd/system ]; then
      systemctl disable --now mimecast-input.timer
      systemctl stop mimecast-input.service
    fi
    ;;
esac
