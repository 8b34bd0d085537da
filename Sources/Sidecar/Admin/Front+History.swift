internal import EventLoop
internal import Metrics

extension Front {
    /// Keeps the page's history from now on.
    func keepHistory() {
        let timer = Timer(loop: control) { [unowned self] in
            stats.ask(loops) { [unowned self] report in
                guard let report else { return }
                history.add(
                    report.counted, cpuMicroseconds: ProcessUsage.cpuMicroseconds,
                    unixMilliseconds: WallClock.unixMilliseconds)
            }
        }
        timer.start(delayMilliseconds: 0, repeatMilliseconds: StatsHistory.intervalMilliseconds)
        timer.unreference()
        historyTimer = timer
    }
}
