// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "gantry-benchmarks",
  dependencies: [
    // Named, because the directory of a clone may be called anything.
    .package(name: "gantry", path: "..")
  ],
  targets: [
    .executableTarget(name: "GantryBench", dependencies: [.product(name: "Gantry", package: "gantry")])
  ]
)
