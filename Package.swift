// swift-tools-version: 6.2
import PackageDescription

/// Swift 6 language mode comes with the tools version. Strict memory safety makes every unsafe operation say so;
/// only `Bytes` (memory) and `EventLoop` (libuv) do.
let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    // Every object is confined to its loop's thread, so overlapping access is a bug of this code alone: debug builds,
    // and so every test, check for it; a release would spend a quarter of its own instructions on that.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], _ more: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings + more)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: name + "Tests", dependencies: [.target(name: name)] + dependencies, swiftSettings: settings)
}

/// A program that measures modules from outside. No product of the package, so nothing that is shipped waits for it.
func benchmark(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Benchmarks/Modules", swiftSettings: settings,
        linkerSettings: [.linkedLibrary("m")])
}

let package = Package(
    name: "runner-sidecar",
    products: [
        .executable(name: "runner-sidecar", targets: ["runner-sidecar"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2")
    ],
    targets: [
        .executableTarget(
            name: "runner-sidecar",
            dependencies: ["Sidecar", "Settings", "EventLoop", .product(name: "Logging", package: "swift-log")],
            swiftSettings: settings),
        module(
            "Sidecar",
            [
                "Bytes", "EventLoop", "HTTPCodec", "JSONCheck", "BridgeProtocol", "Exposure", "Metrics",
                "ProxyProtocol", "RateLimits", "Settings",
                .product(name: "Logging", package: "swift-log"),
            ]),
        module("Settings", ["Bytes", "JSONCheck"], [.unsafeFlags(["-Osize"], .when(configuration: .release))]),
        module("ProxyProtocol", ["Bytes", "Settings"]),
        module("RateLimits", ["Bytes"]),
        module("Metrics", ["Bytes"]),
        module("Exposure", ["Bytes", "HTTPCodec", "JSONCheck", "BridgeProtocol"]),
        module("BridgeProtocol", ["Bytes", "JSONCheck"]),
        module("Compression", ["Bytes", "Gzip", "HTTPCodec"]),
        module("HTTPCodec", ["Bytes"]),
        module("JSONCheck", ["Bytes"]),
        module("Gzip", ["Bytes", "CLibDeflate", "CZlib"]),
        module("EventLoop", ["Bytes", "CLibUV"]),
        module("Bytes"),
        benchmark(
            "bench-modules", ["Bytes", "BridgeProtocol", "Exposure", "HTTPCodec", "JSONCheck", "Metrics"]),
        .systemLibrary(name: "CLibUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(name: "CLibDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        tests("Bytes"),
        tests("JSONCheck", ["Bytes"]),
        tests("HTTPCodec", ["Bytes"]),
        tests("BridgeProtocol", ["Bytes"]),
        tests("Exposure", ["Bytes", "HTTPCodec", "BridgeProtocol"]),
        tests("ProxyProtocol", ["Bytes", "Settings"]),
        tests("RateLimits", ["Bytes"]),
        tests("Metrics", ["Bytes"]),
        tests("Settings", ["Bytes"]),
        tests("Gzip", ["Bytes"]),
        tests("Compression", ["Bytes", "Gzip"]),
        tests("EventLoop", ["Bytes"]),
        tests("Sidecar", ["Bytes", "EventLoop", "BridgeProtocol", "RateLimits", "Settings"]),
        .testTarget(
            name: "SimulationTests",
            dependencies: [
                "Sidecar", "Bytes", "EventLoop", "BridgeProtocol", "Exposure", "Metrics", "Settings",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Simulation", swiftSettings: settings),
    ]
)

// The simulator wants optimized code to get through its million requests, and nothing but what it needs: other tests
// in a release build take minutes to compile. scripts/test-simulation asks for that.
if Context.environment["RUNNER_SIDECAR_SIMULATION"] != nil {
    package.targets.removeAll { $0.type == .test && $0.name != "SimulationTests" }
}
