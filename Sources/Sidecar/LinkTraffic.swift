internal import Metrics

/// What went over one link: added to the metrics when they are read, and when the link ends.
struct LinkTraffic {
    var receivedFrames = 0
    var receivedBytes = 0
    var sentFrames = 0
    var sentBytes = 0

    func add(to metrics: inout LoopMetrics) {
        metrics.add(.bridgeFramesReceived, receivedFrames)
        metrics.add(.bridgeBytesReceived, receivedBytes)
        metrics.add(.bridgeFramesSent, sentFrames)
        metrics.add(.bridgeBytesSent, sentBytes)
    }
}
