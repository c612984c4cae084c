// Promises about what is left behind by long use: nothing. Each does its work once as a warm-up, looks, and does it
// many times over.

import Gantry
import Glibc

private let square = Function("square", options: .init(maxContainers: 2)) { (x: Int) in x * x }
private let text = Function("text", options: .init(maxContainers: 2)) { (x: Int) in "number \(x)" }
private let fragile = Function(
  "fragile", options: .init(maxContainers: 2, crashRetries: .none)
) { (x: Int) -> Int in
  if x < 0 { kill(getpid(), SIGKILL) }
  return x
}
private let endless = Function("endless", options: .init(maxContainers: 2)) { (x: Int) async throws -> Int in
  if x < 0 { try await rest(3_600_000) }
  return x
}

/// What a process and its descendants hold.
private struct Holdings {
  var descriptors: Int
  var mappings: Int
  var kilobytes: Int
  var processes: Int
  /// Of those that fork: they live as long as the driver.
  var forkerKilobytes: Int

  static func now() -> Holdings {
    let family = descendants()
    let forkers = family.filter { $0.name == "gantry-keeper" || $0.name == "gantry-zygote" }
    return Holdings(
      descriptors: numbers(in: "/proc/self/fd").count,
      mappings: (readFile("/proc/self/maps") ?? "").count { $0 == "\n" },
      kilobytes: residentKilobytes(getpid()), processes: family.count,
      forkerKilobytes: forkers.reduce(0) { $0 + residentKilobytes($1.pid) })
  }
}

/// Private resident memory: what a process shares is not its own.
private func residentKilobytes(_ pid: Int32) -> Int {
  let lines = (readFile("/proc/\(pid)/status") ?? "").split(separator: "\n")
  guard let line = lines.first(where: { $0.hasPrefix("RssAnon:") }) else { return 0 }
  return Int(line.filter { $0.isNumber }) ?? 0
}

/// Does the work over and over, and expects holdings to be as they were after the first tenth.
private func expectNothingLeft(
  _ times: Int, noiseKilobytes: Int = 6 * 1024, _ work: (Int) async throws -> Void
) async throws {
  for i in 0..<max(1, times / 10) { try await work(i) }
  try await settle()
  let before = Holdings.now()
  for i in 0..<times { try await work(i) }
  try await settle()
  // A pool may have grown to its size, and a container be on its way: each has its descriptors and mappings.
  for attempt in 0... {
    let after = Holdings.now()
    let containers = max(0, after.processes - before.processes)
    if containers <= processorLimit, after.descriptors <= before.descriptors + 2 + 8 * containers,
      after.mappings <= before.mappings + 16 + 8 * containers,
      after.kilobytes <= before.kilobytes + noiseKilobytes,
      after.forkerKilobytes <= before.forkerKilobytes + 1024
    {
      return
    }
    if attempt == 50 { fail("before: \(before), after: \(after)") }
    try await rest(100)
  }
}

/// More containers than any function here may have.
private let processorLimit = 2

private func settle() async throws { try await rest(300) }

let leakScenarios = ScenarioGroup(
  name: "leaks",
  scenarios: [
    Scenario(name: "ten thousand maps leave nothing behind", functions: [square, text]) { _ in
      try await expectNothingLeft(10_000) { i in
        expectEqual(try await square.map(0..<20).collect().count, 20)
        expectEqual(try await all(text.map(unknown([i, i + 1]))).count, 2)
      }
    },
    Scenario(name: "a hundred thousand single calls leave nothing behind", functions: [square]) { _ in
      try await expectNothingLeft(100_000) { i in
        expectEqual(try await square.remote(i), i * i)
      }
    },
    Scenario(name: "a thousand crashed containers leave nothing behind", functions: [fragile]) { driver in
      try await expectNothingLeft(1000) { _ in
        expectEqual(try await fragile.map([1, -1, 2]).results.collect().count, 3)
      }
      expect(driver.statistics.functions[0].containersDied >= 1100, "\(driver.statistics)")
    },
    Scenario(name: "a thousand cancelled maps leave nothing behind", functions: [endless, square]) { _ in
      try await expectNothingLeft(1000) { i in
        let task = Task { try await endless.map([1, -1, -1]).collect() }
        if i % 2 == 0 { try await rest(2) }
        task.cancel()
        _ = await thrown { _ = try await task.value }
        for try await y in square.map(unknown(0..<1000)) where y > 100 { break }
      }
    },
    Scenario(name: "a thousand spawned calls leave nothing behind", functions: [text]) { _ in
      try await expectNothingLeft(1000) { i in
        expectEqual(try await text.spawn(i).get(), "number \(i)")
        try await text.spawnMap(0..<10)
        let call = try await text.spawnMap(Stream(count: 10))
        if i % 2 == 0 { call.cancel() } else { try await call.wait() }
      }
    },
    Scenario(name: "hundreds of asynchronous inputs left early leave nothing behind", functions: [square]) {
      _ in
      try await expectNothingLeft(500) { _ in
        for try await y in square.map(Stream()) where y > 50 { break }
        var iterator = square.map(Stream(pauseMilliseconds: 3_600_000)).makeAsyncIterator()
        let waiting = Task { @Sendable in try await square.map(Stream(pauseMilliseconds: 3_600_000)).collect()
        }
        waiting.cancel()
        _ = await thrown { _ = try await waiting.value }
        _ = iterator
        iterator = square.map([1]).makeAsyncIterator()
        expectEqual(try await iterator.next(), 1)
      }
    },
  ])
