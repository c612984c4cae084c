// Promises about who waits for whom: nobody for another's slow input, a stuck one, or a source that dawdles.

import Gantry
import Glibc

/// Returns when the file exists, or at once where no file is named: slow for as long as the scenario wants.
private let patient = Function("patient", options: .init(maxContainers: 2)) { (path: String) -> Int in
  while !path.isEmpty, access(path, F_OK) != 0 { nap(1) }
  return path.utf8.count
}

private let endless = Function("endless", options: .init(maxContainers: 1)) { (x: Int) -> Int in
  while x == 13 { nap(10) }
  return x
}

/// Takes its time, but for negative inputs; the board counts the others.
private let steady = Function("steady", options: .init(maxContainers: 2)) { (x: Int) -> Int in
  guard x >= 0 else { return x }
  nap(2)
  Board.add(0)
  return x
}

private let square = Function("square") { (x: Int) in x * x }

/// A class is its own iterator, and no sequence the library knows.
private final class Countdown: Sequence, IteratorProtocol {
  private var left: Int
  init(_ count: Int) { left = count }
  func next() -> Int? {
    left -= 1
    return left < 0 ? nil : left
  }
}

/// Blocks whoever asks for an element, until enough were asked for.
private struct Dawdling: Sequence, IteratorProtocol {
  var left: Int
  mutating func next() -> Int? {
    nap(5)
    left -= 1
    return left < 0 ? nil : left
  }
}

@MainActor
private func firstResultComesEarly() async throws {
  let count = 2000
  for try await _ in square.map(Dawdling(left: count)) { return }
  fail("the first result came after all \(count) inputs had been read")
}

let fairnessScenarios = ScenarioGroup(
  name: "fairness",
  scenarios: [
    Scenario(
      name: "a slow input delays nobody, however cheap its function was before", functions: [patient]
    ) { _ in
      for _ in 0..<50 { _ = try await patient.remote("") }
      let path = "/tmp/gantry-fairness-\(getpid())"
      async let slow = patient.remote(path)
      try await rest(50)
      expectEqual(try await patient.remote(""), 0)
      expectEqual(try await patient.map(repeatElement("", count: 1000)).collect().count, 1000)
      close(creat(path, 0o600))
      expectEqual(try await slow, path.utf8.count)
      unlink(path)
    },
    Scenario(name: "a call after an early exit does not wait for what is stuck", functions: [endless]) {
      driver in
      for _ in 0..<3 {
        for try await x in endless.map(0..<100, orderOutputs: false) where x > 0 { break }
        expectEqual(try await endless.remote(7), 7)
      }
    },
    Scenario(name: "a short call waits for a map's running inputs, and no others", functions: [steady]) { _ in
      _ = try await steady.map(0..<50).collect()
      let map = Task {
        for try await _ in steady.map(0..<1_000_000) where Task.isCancelled { break }
      }
      await eventually("the map is under way") { Board.value(0) > 100 }
      var passed: [Int] = []
      // Many short calls say nothing about the map's inputs, of which containers are given a few at a time still.
      for _ in 0..<1200 {
        let before = Board.value(0)
        _ = try await steady.remote(-1)
        passed.append(Board.value(0) - before)
      }
      map.cancel()
      _ = await map.result
      let long = passed.filter { $0 > 16 }
      expect(long.count <= 3, "so many of the map's inputs ended while a call waited: \(long)")
    },
    Scenario(name: "the narrowest windows never stand still", functions: [square]) { _ in
      for window in 1...3 {
        for _ in 0..<4 {
          var count = 0
          for try await _ in square.map(Countdown(2000), maxOutstandingInputs: window) { count += 1 }
          expectEqual(count, 2000, "results with a window of \(window)")
        }
      }
    },
    Scenario(name: "a shutdown does not wait for a half-read map that nobody reads on", functions: [square]) {
      driver in
      var kept = square.map(0..<1_000_000, maxOutstandingInputs: 5).makeAsyncIterator()
      expectEqual(try await kept.next(), 0)
      await driver.shutdown()
      var read = 1
      do {
        while let value = try await kept.next() {
          expectEqual(value, read * read, "what had been delivered before")
          read += 1
        }
        fail("the rest of the map ended without an error")
      } catch let error as GantryError {
        expectEqual(error.code, .shutDown)
      }
    },
    Scenario(name: "on an actor, results come between the elements of a slow sequence", functions: [square]) {
      _ in
      try await firstResultComesEarly()
    },
  ])
