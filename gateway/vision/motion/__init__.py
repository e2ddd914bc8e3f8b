"""Movement, and pictures that lie: three gates, cheapest first. Sans-I/O.

How to drive them, for every access unit of the sub stream, in the order it came:

    want = gates.packet(time, key, size)       # microseconds; nothing need be reassembled for it
    for event in gates.settle(time): tell(event)  # what has been quiet for so long that it is over
    if want is Want.KEY:                       # only ever said of a keyframe
        pictures = decoder.alone(this packet)
    elif want is Want.ALL:                     # from the last keyframe in the ring on, this packet included;
        pictures = decode(all since the last keyframe that are not decoded yet)
    elif want is Want.BACK:                    # the same, from an older keyframe: the last one that is not after
        pictures = decode(...)                 # `gates.back_to`, or the oldest one the ring has
    for picture in pictures:
        if gates.due(picture.time):            # five a second unless something falls; the rest is passed over
            for event in gates.see(luma, picture.time, whole=picture is whole): tell(event)

`luma` is best the decoder's own Y plane (rows × columns, uint8): scaling it is done here. When it
was NOTHING or KEY before ALL, decoding begins at the ring's last keyframe (`decoder.restart()`), so that
what set the sizes moving is seen from its start; with BACK always, for a keyframe showed something
that the sizes had not told of. Pictures older than the last one seen are ignored, so nothing has to be
remembered about keyframes already looked at. At a reconnect times may leap, nothing else needs doing;
at the end of a stream `finish()` ends what was going on. `clip.Watcher` is all this for one thread.

`Gates.ask(seconds)` makes pictures wanted for a while for somebody else's sake (a guard who looks).
"""
