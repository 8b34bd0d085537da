internal import Metrics

/// What went over one link: added to the metrics when they are read, and when the link ends.
struct LinkTraffic {
    private var receivedFrames = 0
    private var receivedBytes = 0
    private var sentFrames = 0
    private var sentBytes = 0

    @inline(__always)
    mutating func sent(bytes: Int, frames: Int) {
        sentBytes &+= bytes
        sentFrames &+= frames
    }

    mutating func received(bytes: Int) { receivedBytes &+= bytes }
    mutating func receivedFrame() { receivedFrames &+= 1 }

    func add(to metrics: inout LoopMetrics) {
        metrics.add(.bridgeFramesReceived, receivedFrames)
        metrics.add(.bridgeBytesReceived, receivedBytes)
        metrics.add(.bridgeFramesSent, sentFrames)
        metrics.add(.bridgeBytesSent, sentBytes)
    }
}
