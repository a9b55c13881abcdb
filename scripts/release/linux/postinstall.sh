#!/bin/sh
# After install and upgrade. deb: "configure"; rpm: how many versions are installed.
set -e

if ! id -u mimecast-input >/dev/null 2>&1; then
  if command -v systemd-sysusers >/dev/null; then
    systemd-sysusers mimecast-input.conf
  else
    useradd --system --user-group --no-create-home --home-dir /var/lib/mimecast-input --shell /usr/sbin/nologin mimecast-input
  fi
fi

# Root runs most shippers. Whoever gave the folders to another user keeps that: they are made once.
[ -d /etc/mimecast-input ] || install -d -m 0755 /etc/mimecast-input
[ -d /var/lib/mimecast-input ] || install -d -m 0700 /var/lib/mimecast-input

if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
