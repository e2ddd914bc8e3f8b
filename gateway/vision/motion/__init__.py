"""Motion detection and camera tamper detection on one stream: three gates, cheapest first. Sans-I/O.

Call the gates for every access unit of the sub stream, in the order of arrival:

    request = gates.add_packet(time, key, size)   # microseconds; the unit need not be reassembled for it
    for event in gates.expire(time): emit(event)  # motion that has been quiet for long enough to be over
    if request is DecodeRequest.KEYFRAME:         # only ever returned for a keyframe
        pictures = decoder.alone(this packet)
    elif request is DecodeRequest.ALL:            # everything since the last keyframe in the ring, this packet included
        pictures = decode(all since the last keyframe that are not decoded yet)
    elif request is DecodeRequest.REWIND:         # the same from an older keyframe: the last one not after
        pictures = decode(...)                    # `gates.rewind_to`, or the oldest one in the ring
    for picture in pictures:
        if gates.is_due(picture.time):            # five a second, or every frame if falling objects are watched for
            for event in gates.update(luma, picture.time, intact=picture is not damaged): emit(event)

`luma` is best the decoder's own Y plane (rows × columns, uint8): the gates scale it down themselves. When the
request before ALL was NONE or KEYFRAME, begin decoding at the ring's last keyframe (`decoder.restart()`), so that
the start of what made the sizes rise is decoded too. After a REWIND always begin anew, because a keyframe showed
something that the sizes had missed. Pictures older than the last one analysed are ignored, so the caller need not
remember which keyframes it has decoded already. Times may jump at a reconnect; nothing else needs doing. Call
`finish()` at the end of a stream. `file_motion.FileMotionReader` does all this for one thread.

`MotionGates.request_pictures(seconds)` makes every picture wanted for a while, for a guard who watches.
"""
