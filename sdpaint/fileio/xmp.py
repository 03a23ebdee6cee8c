"""XMP: a small packet that says whether a network had a part in a picture, in IPTC's words (Digital Source Type).

https://cv.iptc.org/newscodes/digitalsourcetype/ has the terms, the XMP specification the packet.
"""

from __future__ import annotations

from enum import Enum

from sdpaint import __version__

PNG_KEYWORD = "XML:com.adobe.xmp"
TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""What IPTC's names of sources stand behind."""


class DigitalSource(Enum):
    """How a picture came to be; the value is IPTC's name of it."""

    GENERATED = "trainedAlgorithmicMedia"
    """By a network from words alone."""
    COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
    """Painted or photographed in parts, by a network in others."""


def xmp_packet(source: DigitalSource) -> str:
    """The packet, as every kind of picture file holds it."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"\n'
        '    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"\n'
        f'    xmp:CreatorTool="sdpaint {__version__}"\n'
        f'    Iptc4xmpExt:DigitalSourceType="{TERMS}{source.value}"/>\n'
        " </rdf:RDF>\n"
        "</x:xmpmeta>\n"
        '<?xpacket end="r"?>'
    )
