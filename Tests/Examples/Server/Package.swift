// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "server",
  dependencies: [
    .package(name: "gantry", path: "../../.."),
    .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
  ],
  targets: [
    .executableTarget(
      name: "Server",
      dependencies: [
        .product(name: "Gantry", package: "gantry"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ])
  ]
)
