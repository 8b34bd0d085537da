internal import BridgeProtocol
internal import Metrics

extension WorkerStats.Load {
    init(_ load: WorkerLoad.ProcessLoad) {
        self.init(
            residentBytes: Int(load.residentKiB) << 10, heapUsedBytes: Int(load.heapUsedKiB) << 10,
            heapTotalBytes: Int(load.heapTotalKiB) << 10, utilizationMillionths: Int(load.utilizationMillionths))
    }
}
