"""Asks a STAMP reflector with packets that scapy makes, and prints what scapy reads in the replies: stamp.py ADDRESS PORT COUNT"""

import json
import socket
import sys
import time

from scapy.contrib.stamp import ErrorEstimate
from scapy.contrib.stamp import STAMPSessionReflectorTestUnauthenticated as Reply
from scapy.contrib.stamp import STAMPSessionSenderTestUnauthenticated as Request
from scapy.contrib.stamp import STAMPTestTLV as Tlv

# Extra padding, direct measurement, and one of which nobody knows.
TLVS = [(1, b"\x00" * 8), (5, b"\x00" * 12), (200, b"what is it")]
SINCE_1900 = 2_208_988_800


def ask(peer, number, ssid):
    tlvs = [Tlv(flags="U", type=kind, len=len(value), value=value) for kind, value in TLVS]
    request = Request(seq=number, ts=time.time() + SINCE_1900, err_estimate=ErrorEstimate(multiplier=1), ssid=ssid, tlv_objects=tlvs)
    octets = bytes(request)
    peer.send(octets)
    answer = peer.recv(2048)
    arrived = time.time() + SINCE_1900
    reply = Reply(answer)
    return {
        "octets": [len(octets), len(answer)],
        "numbers": [reply.seq, reply.seq_sender],
        "ssid": reply.ssid,
        "ttl": reply.ttl_sender,
        "timestamp_is_mine": octets[4:12] == answer[28:36],
        # Ours, theirs on arrival and on leaving, ours: in that order if all read the same clock.
        "times": [float(reply.ts_sender), float(reply.ts_rx), float(reply.ts), arrived],
        "mbz": [reply.mbz1, reply.mbz2],
        "tlvs": [[str(tlv.flags), tlv.type, tlv.value.hex()] for tlv in reply.tlv_objects],
    }


def main():
    address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(10)
        peer.connect((address, port))
        json.dump([ask(peer, number, 77) for number in range(count)], sys.stdout)


main()
