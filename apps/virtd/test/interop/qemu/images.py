# SPDX-License-Identifier: GPL-2.0-or-later
# Images of disks for guests: new ones, and ones that fail.
import subprocess


def image(path, size):
    """A new image, which nothing is wrong with."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, size], check=True)


def torn(path, size):
    """An image that cannot be read: an entry of its second-level table points where no cluster begins."""
    image(path, size)
    subprocess.run(["qemu-io", "-f", "qcow2", "-c", "write 0 1M", path], check=True, stdout=subprocess.DEVNULL)
    with open(path, "r+b") as file:
        file.seek(0x28)
        table = int.from_bytes(file.read(8), "big")
        file.seek(table)
        entries = int.from_bytes(file.read(8), "big") & 0x00FFFFFFFFFFFE00
        file.seek(entries + 8)
        file.write((0x8000000000050200).to_bytes(8, "big"))
