// swift-tools-version: 6.2
import PackageDescription

// Warnings are errors where the project checks itself, never in a user's build of it.
let strict: [SwiftSetting] =
  Context.environment["GANTRY_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]
// Step-kill hooks and the double-read detector exist in test builds only.
let hooks: [CSetting] =
  Context.environment["GANTRY_HOOKS"] == nil ? [] : [.define("GANTRY_HOOKS")]

/// Every room of the architecture with the arrows it may import along; the build refuses any other.
func room(_ name: String, imports: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: imports, path: "Sources/\(name)", swiftSettings: strict)
}

// The fuzzers exist where tools/fuzz builds them: they need libFuzzer's runtime and its instrumentation.
let fuzzers: [Target] =
  Context.environment["GANTRY_FUZZ"] == nil
  ? []
  : [
    .systemLibrary(name: "CFuzz", path: "Tests/Fuzz/CFuzz"),
    .executableTarget(
      name: "FuzzProgram",
      dependencies: [
        "CFuzz", "CGantryRing", "Gantry", "GantryContainers", "GantryLanes", "GantryScheduling", "GantryWire",
      ],
      path: "Tests/Fuzz/Program", swiftSettings: strict),
  ]

let package = Package(
  name: "gantry",
  products: [
    .library(name: "Gantry", targets: ["Gantry"]),
    .library(name: "GantryFoundation", targets: ["GantryFoundation"]),
    .executable(name: "gantry", targets: ["GantryCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.11.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CLZ4", path: "CSupport/CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .target(name: "CGantryRing", path: "CSupport/CGantryRing", cSettings: hooks),
    .target(name: "CGantryProcess", path: "CSupport/CGantryProcess", cSettings: hooks),

    room("GantryWire", imports: ["CLZ4"]),
    room("GantryFoundation", imports: ["GantryWire"]),
    room("GantryLanes", imports: ["CGantryRing"]),
    room("GantryContainers", imports: ["GantryWire", "GantryLanes", "CGantryProcess"]),
    room("GantryScheduling", imports: []),
    room(
      "Gantry",
      imports: [
        "GantryWire", "GantryLanes", "GantryContainers", "GantryScheduling",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .executableTarget(
      name: "GantryCommand",
      dependencies: [
        "Gantry", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: strict),

    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "GantryWireTests", dependencies: ["GantryWire", "GantryFoundation", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "GantryLanesTests", dependencies: ["GantryLanes", "CGantryRing", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "GantrySchedulingTests", dependencies: ["GantryScheduling", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "GantryCommandTests", dependencies: ["GantryCommand", "Gantry"], swiftSettings: strict),
    .testTarget(name: "GantryTests", dependencies: ["Gantry", "GantryLanes"], swiftSettings: strict),
    // What the documentation shows, compiled.
    .target(
      name: "DocumentedCode", dependencies: ["Gantry"], path: "Tests/DocumentedCode", swiftSettings: strict),
    .testTarget(name: "DocumentationTests", dependencies: ["DocumentedCode"], swiftSettings: strict),
    // A test runner has threads, and a driver must be made before there are any: the tests run a program of theirs.
    .executableTarget(
      name: "EndToEndProgram",
      // The layout of the rings, for containers that write nonsense into theirs.
      dependencies: [
        "Gantry", "GantryFoundation", "CGantryRing", .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/EndToEnd/Program", swiftSettings: strict
    ),
    .executableTarget(
      name: "AsyncMainProgram", dependencies: ["Gantry"], path: "Tests/EndToEnd/AsyncMain",
      swiftSettings: strict),
    .executableTarget(
      name: "TopLevelProgram", dependencies: ["Gantry"], path: "Tests/EndToEnd/TopLevel",
      swiftSettings: strict),
    .executableTarget(
      name: "CommandProgram",
      dependencies: ["Gantry", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Tests/EndToEnd/Command", swiftSettings: strict),
    // Kills containers in every way for as long as one likes; `tools/soak` builds it with the hooks and runs it.
    .executableTarget(
      name: "Soak",
      dependencies: [
        "Gantry", "CGantryRing", "CGantryProcess", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/Soak", swiftSettings: strict),
    // What the contract of the calls says must compile does, and runs; what must not is refused in words.
    .executableTarget(
      name: "SquaresProgram", dependencies: ["Gantry"], path: "Tests/Compile/Squares", swiftSettings: strict),
    .executableTarget(
      name: "ScriptProgram", dependencies: ["Gantry", .product(name: "Logging", package: "swift-log")],
      path: "Tests/Compile/Script", swiftSettings: strict),
    .executableTarget(
      name: "MainActorProgram", dependencies: ["Gantry"], path: "Tests/Compile/MainActorByDefault",
      swiftSettings: strict + [.defaultIsolation(MainActor.self)]),
    .executableTarget(
      name: "ContractProgram", dependencies: ["Gantry", .product(name: "Logging", package: "swift-log")],
      path: "Tests/Compile/Contract", swiftSettings: strict),
    .testTarget(
      name: "CompileTests",
      dependencies: ["SquaresProgram", "ScriptProgram", "MainActorProgram", "ContractProgram"],
      path: "Tests/Compile/Tests", swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests",
      dependencies: ["EndToEndProgram", "AsyncMainProgram", "TopLevelProgram", "CommandProgram", "Gantry"],
      path: "Tests/EndToEnd/Tests",
      swiftSettings: strict),
  ] + fuzzers,
  cLanguageStandard: .c17
)
