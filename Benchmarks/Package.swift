// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "gantry-benchmarks",
  dependencies: [
    // Named, because the directory of a clone may be called anything.
    .package(name: "gantry", path: "..")
  ],
  targets: [
    // What is computed and how a contestant is called, for all that are written in Swift.
    .target(name: "Workloads"),
    .executableTarget(
      name: "GantryBench", dependencies: ["Workloads", .product(name: "Gantry", package: "gantry")]),
    .executableTarget(name: "SwiftRivals", dependencies: ["Workloads"]),
    // Runs of which calls, copies and allocations are counted.
    .executableTarget(name: "CountedRuns", dependencies: [.product(name: "Gantry", package: "gantry")]),
  ]
)
