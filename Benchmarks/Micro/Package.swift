// swift-tools-version: 6.2
import PackageDescription

// A package of its own: what it measures is for Gantry's modules alone, so it compiles their sources (by the links in
// Sources), and nobody who builds the other benchmarks waits for the measuring library.
let package = Package(
  name: "gantry-micro-benchmarks",
  dependencies: [
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: [])
  ],
  targets: [
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .target(name: "CGantryRing"),
    .target(name: "GantryWire", dependencies: ["CLZ4"]),
    .executableTarget(
      name: "Micro",
      dependencies: ["CGantryRing", "GantryWire", .product(name: "Benchmark", package: "benchmark")],
      path: "Benchmarks/Micro",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
  ],
  cLanguageStandard: .c17
)
