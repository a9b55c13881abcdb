#!/bin/sh
# After removal, upgrade and purge. Configuration and positions stay until they are purged; rpm knows no purge.
set -e

if [ "$1" = purge ]; then
  rm -rf /etc/mimecast-input /var/lib/mimecast-input /var/log/mimecast-input
  if id -u mimecast-input >/dev/null 2>&1 && command -v userdel >/dev/null; then
    userdel mimecast-input
  fi
fi

if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
