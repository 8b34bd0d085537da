internal import EventLoop
internal import Logging

/// Lines that nobody read.
extension Front {
    /// Says that log lines were dropped, once there is room to say so.
    func watchLog() {
        let timer = Timer(loop: control) { [unowned self] in
            let dropped = StandardError.droppedLines
            guard dropped > reportedDroppedLines, StandardError.hasRoom else { return }
            logger.warning(
                "log lines dropped: standard error is not read fast enough",
                metadata: ["side": "front", "lines": .number(dropped - reportedDroppedLines)])
            reportedDroppedLines = dropped
        }
        timer.start(delayMilliseconds: 1000, repeatMilliseconds: 1000)
        timer.unreference()
        logTimer = timer
    }
}
