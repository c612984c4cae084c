// Promises about results that any pool is asked to keep: the same as a serial map's, in their order, from many containers.

import Gantry
import Glibc

private let square = Function("square") { (x: Int) in x * x }
private let squareBy20 = Function("squareBy20", options: .init(chunking: .fixed(20))) { (x: Int) in x * x }
private let squareBy100 = Function("squareBy100", options: .init(maxContainers: 4, chunking: .fixed(100))) {
  (x: Int) in x * x
}
private let multiplyBy20 = Function("multiplyBy20", options: .init(chunking: .fixed(20))) {
  (a: Int, b: Int) in a * b
}
private let heldBack = Function("heldBack", options: .init(maxContainers: 2)) { (x: Int) in
  if x == 1 { Board.await(0, atLeast: 1) }
  return x
}
/// The first input ends when as many events as the board says have happened; the second is one of them, and the third
/// comes after it.
private let eventful = Function("eventful", options: .init(maxContainers: 3)) { (x: Int) in
  if x == 1 { Board.await(0, atLeast: Board.value(1)) }
  if x == 2 { Board.add(0) }
  if x == 3 { Board.await(0, atLeast: Board.value(4)) }
  return x
}
private let more = 2 * sysconf(Int32(_SC_NPROCESSORS_ONLN)) + 2
private let crowd = Function("crowd", options: .init(maxContainers: more)) { (x: Int) in
  Board.add(2)
  Board.await(2, atLeast: more)
  return x
}
private let crowdAsync = Function("crowdAsync", options: .init(maxContainers: more)) { (x: Int) async in
  Board.add(3)
  while Board.value(3) < more { try? await rest(1) }
  return x
}
private let factor = 7
private let scaled = Function("scaled") { [base = 100] (x: Int, offset: Int) in base + x * factor + offset }
private let echo = Function("echo", options: .init(maxContainers: 3)) { (bytes: [UInt8]) in bytes + bytes }
private let echoText = Function("echoText", options: .init(maxContainers: 3)) { (text: String) in text + "!" }
private let count = Function("count") { (x: Int) in Board.add(10 + x) }
private let nothing = Function("nothing") { (x: Int) in if x < 0 { die(.abort) } }
private let nilForOdd = Function("nilForOdd", options: .init(chunking: .fixed(1))) { (x: Int) -> Int? in
  x % 2 == 1 ? nil : x
}

let conformanceResultsScenarios = ScenarioGroup(
  name: "conformance-results",
  scenarios: [
    Scenario(name: "squares in chunks of 20 are those of a serial map", functions: [square, squareBy20]) {
      _ in
      for function in [square, squareBy20] {
        for count in [10, 100] {
          let serial = (0..<count).map { $0 * $0 }
          expectEqual(try await function.map(0..<count).collect(), serial)
          expectEqual(try await function.map(unknown(0..<count)).collect(), serial)
          expectEqual(try await all(function.map(Stream(count: count))), serial)
        }
      }
    },
    Scenario(name: "a hundred pairs in chunks of 20 are multiplied as serially", functions: [multiplyBy20]) {
      _ in
      let pairs = (0..<100).map { ($0, 99 - $0) }
      let serial = pairs.map { $0 * $1 }
      expectEqual(try await multiplyBy20.starmap(pairs).collect(), serial)
      expectEqual(try await all(multiplyBy20.starmap(unknown(pairs))), serial)
      expectEqual(try await multiplyBy20.map(0..<100, (0..<100).reversed()).collect(), serial)
    },
    Scenario(
      name: "a thousand inputs in chunks of 100, in completion order, come once each",
      functions: [squareBy100]
    ) { _ in
      let serial = (0..<1000).map { $0 * $0 }
      expectEqual(try await squareBy100.map(0..<1000, orderOutputs: false).collect().sorted(), serial)
      expectEqual(try await all(squareBy100.map(unknown(0..<1000), orderOutputs: false)).sorted(), serial)
      var iterator = squareBy100.map(0..<1000).makeAsyncIterator()
      for index in 0..<1000 { expectEqual(try await iterator.next(), index * index) }
      for _ in 0..<2 { expectEqual(try await iterator.next(), nil) }
    },
    Scenario(name: "nine quick inputs do not wait for the one that is stuck", functions: [heldBack]) { _ in
      var order: [Int] = []
      for try await output in heldBack.map(0..<10, orderOutputs: false) {
        order.append(output)
        if order.count == 9 {
          expect(!order.contains(1), "\(order)")
          Board.set(0, 1)
        }
      }
      expectEqual(order.last, 1)
      expectEqual(order.sorted(), Array(0..<10))
    },
    Scenario(
      name: "an input may wait for the next one: in order they are 1, 2, 3, in completion order 2, 3, 1",
      functions: [eventful]
    ) { _ in
      Board.set(1, 1)
      expectEqual(try await eventful.map([1, 2, 3]).collect(), [1, 2, 3])
      expectEqual(try await all(eventful.map(unknown([1, 2, 3]))), [1, 2, 3])
      // More events: that the second output was seen, and the third.
      Board.set(1, 3)
      Board.set(4, 2)
      for inputs in [[1, 2, 3], [1, 2, 3]] {
        Board.set(0, 0)
        var order: [Int] = []
        for try await output in eventful.map(inputs, orderOutputs: false) {
          order.append(output)
          if output != 1 { Board.add(0) }
        }
        expectEqual(order, [2, 3, 1])
      }
    },
    Scenario(
      name: "more containers than processors all run at the same time", functions: [crowd, crowdAsync]
    ) { _ in
      for function in [crowd, crowdAsync] {
        Board.set(2, 0)
        Board.set(3, 0)
        expectEqual(try await function.map(0..<more).collect(), Array(0..<more))
        Board.set(2, 0)
        Board.set(3, 0)
        expectEqual(try await function.map(unknown(0..<more)).collect(), Array(0..<more))
        Board.set(2, 0)
        Board.set(3, 0)
        // As single calls too.
        try await withThrowingTaskGroup(of: Int.self) { group in
          for x in 0..<more { group.addTask { try await function.remote(x) } }
          expectEqual(try await all(group).sorted(), Array(0..<more))
        }
      }
    },
    Scenario(name: "two hundred containers share a sum, and nothing is said about it", functions: []) { _ in
      let victim = Victim("sums in two hundred containers")
      expectEqual(readAll(victim.output), "332833500\n200\n")
      expectEqual(readAll(victim.errors), "", "its standard error")
      expectEqual(victim.reap(), 0, "its status")
      await eventually("nothing of it is left") { victim.survivors.isEmpty }
      victim.closePipes()
    },
    Scenario(name: "what a function captured goes with every call", functions: [scaled]) { _ in
      expectEqual(
        try await scaled.map(0..<50, repeatElement(3, count: 50)).collect(), (0..<50).map { 103 + $0 * 7 })
      expectEqual(try await scaled.remote(2, 1), 115)
      expectEqual(try await scaled.spawn(2, 1).get(), 115)
      expectEqual(try await scaled.local(2, 1), 115)
    },
    Scenario(name: "for-each makes exactly ten calls of ten inputs", functions: [count]) { _ in
      try await count.forEach(0..<10)
      expectEqual((0..<11).map { Board.value(10 + $0) }, Array(repeating: 1, count: 10) + [0])
    },
    Scenario(name: "nil is a value for whoever takes results in chunks of one", functions: [nilForOdd]) { _ in
      expectEqual(try await nilForOdd.map(0..<4).collect(), [0, nil, 2, nil])
      expectEqual(
        try await nilForOdd.map(0..<4).results.collect().map { try? $0.get() },
        [0, .some(nil), 2, .some(nil)])
    },
    Scenario(
      name: "two hundred inputs and outputs larger than the ring arrive in their order",
      functions: [echo, echoText], configuration: .init(ringBytes: 65_536)
    ) { _ in
      let blocks = (0..<100).map { [UInt8](repeating: UInt8($0), count: 70_000 + $0) }
      for ordered in [true, false] {
        var seen: Set<UInt8> = []
        var next = 0
        for try await output in echo.map(blocks, orderOutputs: ordered) {
          guard let first = output.first else { fail("an empty output") }
          expectEqual(output.count, 2 * (70_000 + Int(first)), "bytes of \(first)")
          expect(output.allSatisfy { $0 == first }, "output \(first) is mixed with another")
          expect(seen.insert(first).inserted, "\(first) came twice")
          if ordered { expectEqual(Int(first), next, "the order") }
          next += 1
        }
        expectEqual(next, 100)
      }
      let texts = (0..<100).map { String(repeating: "\($0),", count: 50_000) }
      expectEqual(try await echoText.map(unknown(texts)).collect(), texts.map { $0 + "!" })
    },
    Scenario(
      name: "empty inputs end at once in every view and every chunk size",
      functions: [square, squareBy20, nilForOdd, nothing, multiplyBy20]
    ) { driver in
      let none: [Int] = []
      expectEqual(try await nilForOdd.map(none).collect(), [])
      expectEqual(try await squareBy20.map(none, orderOutputs: false).collect(), [])
      expectEqual(try await all(square.map(unknown(none), maxOutstandingInputs: 1)), [])
      expectEqual(try await square.map(Stream(count: 0)).collect(), [])
      expectEqual(try await all(square.map(Stream(count: 0), orderOutputs: false).results).count, 0)
      expectEqual(try await square.map(none).outcomes.collect().count, 0)
      expectEqual(try await all(square.map(none).batches), [])
      expectEqual(try await multiplyBy20.map(none, [1, 2, 3]).collect(), [])
      expectEqual(try await multiplyBy20.map(Stream(count: 0), Stream(count: 3)).collect(), [])
      expectEqual(try await nothing.map(none).collect().count, 0)
      try await nothing.forEach(none)
      try await nothing.forEach(Stream(count: 0), ignoreExceptions: true)
      let spawned = try await square.spawnMap(none)
      try await spawned.wait()
      expectEqual(spawned.status.total, 0)
      expectEqual(try await spawned.results().collect(), [])
      expectEqual(try await square.map(square.map(none)).collect(), [])
      expectEqual(try await gather([FunctionCall<Int>]()), [])
      expectEqual(driver.statistics.functions.map(\.inputsTaken), [0, 0, 0, 0, 0])
    },
    Scenario(
      name: "an empty input under a progress bar is empty", functions: [square],
      configuration: .init(progress: .automatic)
    ) { _ in
      expectEqual(try await square.map([Int]()).collect(), [])
      expectEqual(try await all(square.map(unknown([Int]()))), [])
    },
  ])
