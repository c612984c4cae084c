// Functions wherever a program holds them: arrays, optionals, nested structs, classes, locals, dictionaries of drivers.
// Held by the app of Contract.swift, which runs all; what only compiles is called nowhere.
// swift-format-ignore-file: OnlyOneTrailingClosureArgument

import Gantry
import Logging

private let globalInner = Function { (x: Int) in x + 100 }

/// A class as the owner of functions of its own.
final class Service: Sendable {
  let resize: Function<[UInt8], [UInt8]>
  let driver: Driver

  init(_ log: Logger) throws {
    resize = Function("resize") { (image: [UInt8]) in Array(image.prefix(2)) }
    driver = try Driver(resize, configuration: .init(logger: log))
  }

  func handle(_ images: [[UInt8]]) async throws -> [[UInt8]] { try await resize.map(images).collect() }
}

struct Holders: Sendable {
  struct Tools: Sendable {
    struct Drawer: Sendable { let deep = Function { (x: Int) in x + 1 } }
    let drawer = Drawer()
    let drawers: [Drawer?] = [Drawer(), nil]
  }

  static let factor = 3
  let inner = globalInner
  let many = [Function { (x: Int) in x + 1 }, Function { (x: Int) in x + 2 }]
  let perhaps: Function<Int, Int>? = Function { (x: Int) in x + 3 }
  let none: Function<Int, Int>? = nil
  let tools = Tools()
  let captured: Function<Int, Int>
  let ofAStatic = Function { (x: Int) in x * Holders.factor }
  let number = 3

  init() {
    let offset = 5
    captured = Function { [offset] (x: Int) in x + offset }
  }

  func check() async throws {
    expectEqual(try await inner.remote(1), 101)
    for (index, function) in many.enumerated() { expectEqual(try await function.remote(0), index + 1) }
    expectEqual(try await perhaps?.remote(0), 3)
    expectEqual(try await tools.drawer.deep.remote(0), 1)
    expectEqual(try await tools.drawers[0]?.deep.remote(0), 1)
    expectEqual(try await captured.remote(0), 5)
    expectEqual(try await ofAStatic.remote(2), 6)
    // A closure that takes its types from where it stands.
    let typed: Function<Int, String> = Function("typed") { "\($0)" }
    expectEqual(try await typed.local(3), "3")
    let pair: Function<(Int, Int), Int> = Function("pair") { $0 + $1 }
    expectEqual(try await pair.local(3, 4), 7)
    let silent: Function<Int, Void> = Function("silent") { _ in }
    try await silent.local(3)
    expect((Holders.starts(Logger(label: "x")).count) == 6)
  }

  /// Every way to configure a driver.
  private static func starts(_ log: Logger) -> [Configuration] {
    [
      Configuration(start: .automatic, logger: log, ringBytes: nil, progress: .automatic),
      .init(start: .fork), .init(start: .reexec, ringBytes: 1 << 20),
      .init(start: .executable("/bin/worker")),
      .init(start: .inProcess), .init(),
    ]
  }

  /// What a driver is asked.
  private static func numbers(_ driver: Driver) -> Int {
    driver.statistics.functions.map { function in
      function.inputsTaken + function.completed + function.failed + function.retried + function.chunks
        + function.bytesRaw + function.bytesPacked + function.starting + function.idle + function.busy
        + function.containersDied
    }.reduce(0, +)
  }
}
