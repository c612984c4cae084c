// Promises about what a map gives back, and in which order.

import Gantry
import Glibc

private let square = Function("square") { (x: Int) in x * x }
private let pow1 = Function("pow1", options: .init(chunking: .fixed(1))) { (a: Int, b: Int) in power(a, b) }
private let pow6 = Function("pow6", options: .init(chunking: .fixed(6))) { (a: Int, b: Int) in power(a, b) }
private let pow40 = Function("pow40", options: .init(chunking: .fixed(40))) { (a: Int, b: Int) in power(a, b)
}
private let pow50 = Function("pow50", options: .init(chunking: .fixed(50))) { (a: Int, b: Int) in power(a, b)
}
private let sumOfSquares = Function("sumOfSquares") { (a: Int, b: Int) in a * a + b * b }
private let three = Function("three") { (a: Int, b: String, c: [Double]) in "\(a)\(b)\(c)" }
private let fifth = Function("fifth") { (x: Int) in
  if x % 5 == 3 { nap(1) }
  return "\(x)"
}
private let evenOrNil = Function("evenOrNil") { (x: Int) in x % 2 == 0 ? x : nil }
private let evenTextOrNil = Function("evenTextOrNil") { (x: Int) in x % 2 == 0 ? "\(x)" : nil }
private let parts = Function("parts") { (x: Int) in (x, Double(x) / 2, x % 2 == 0) }
private let textParts = Function("textParts") { (x: Int) in (x, "\(x)") }
private let touch = Function("touch") { (x: Int) in Board.add(x) }
private let touchBoth = Function("touchBoth") { (x: Int, y: Int) in
  Board.add(x + y)
  return ()
}
private let slowFirst = Function("slowFirst", options: .init(maxContainers: 2)) { (x: Int) in
  if x == 1 { nap(1000) }
  return x
}
private let meetsNext = Function("meetsNext", options: .init(maxContainers: 2)) { (x: Int) in
  if x == 1 { Board.await(10, atLeast: 1) }
  if x == 3 {
    Board.add(10)
    nap(100)
  }
  return x
}
private let twelve = Function("twelve", options: .init(maxContainers: 12)) { (x: Int) in x * x }
private let two = Function("two", options: .init(maxContainers: 2)) { (x: Int) in x * x }
private let twelveByOne = Function("twelveByOne", options: .init(maxContainers: 12, chunking: .fixed(1))) {
  (x: Int) in x * x
}
private let crowd = Function("crowd", options: .init(maxContainers: 200)) { (x: Int) in
  nap(5)
  return x * x
}

private func power(_ a: Int, _ b: Int) -> Int { (0..<(b % 8)).reduce(1) { product, _ in product &* a } }

let resultsScenarios = ScenarioGroup(
  name: "results",
  scenarios: [
    Scenario(name: "a map gives what a serial map gives", functions: [square]) { _ in
      for count in [0, 1, 10, 49, 50, 100, 1000, 100_000] {
        let serial = (0..<count).map { $0 * $0 }
        expectEqual(try await square.map(0..<count).collect(), serial, "\(count) squares of a range")
        expectEqual(try await square.map(Array(0..<count)).collect(), serial, "\(count) squares of an array")
        expectEqual(
          try await square.map(unknown(0..<count)).collect(), serial, "\(count) squares of a sequence")
        expectEqual(try await all(square.map(0..<count)), serial, "\(count) squares in a loop")
        expectEqual(
          try await all(square.map(unknown(0..<count))), serial, "\(count) squares of a sequence in a loop")
      }
    },
    Scenario(name: "any chunk size gives the same results", functions: [pow1, pow6, pow40, pow50]) { _ in
      let serial = (0..<40).map { power($0, $0) }
      for function in [pow1, pow6, pow40, pow50] {
        expectEqual(try await function.map(0..<40, 0..<40).collect(), serial, "ranges")
        expectEqual(try await function.map(Array(0..<40), 0..<40).collect(), serial, "an array and a range")
        expectEqual(try await function.map(0..<40, unknown(0..<50)).collect(), serial, "sequences")
      }
    },
    Scenario(name: "starmap unpacks tuples", functions: [sumOfSquares, three]) { _ in
      expectEqual(try await sumOfSquares.starmap([(5, 2), (4, 3)]).collect(), [29, 25])
      let pairs = (0..<100).map { ($0, $0 + 1) }
      expectEqual(try await sumOfSquares.starmap(pairs).collect(), pairs.map { $0 * $0 + $1 * $1 })
      expectEqual(
        try await sumOfSquares.starmap(zip(0..<100, 1...)).collect(), pairs.map { $0 * $0 + $1 * $1 })
      expectEqual(try await three.starmap([(1, "a", [2.5]), (2, "b", [])]).collect(), ["1a[2.5]", "2b[]"])
    },
    Scenario(name: "in completion order each output comes exactly once", functions: [square, fifth]) { _ in
      let squares = (0..<1000).map { $0 * $0 }
      expectEqual(try await square.map(0..<1000, orderOutputs: false).collect().sorted(), squares)
      expectEqual(try await square.map(unknown(0..<1000), orderOutputs: false).collect().sorted(), squares)
      expectEqual(try await all(square.map(0..<1000, orderOutputs: false)).sorted(), squares)
      let texts = (0..<300).map { "\($0)" }.sorted()
      expectEqual(try await fifth.map(0..<300, orderOutputs: false).collect().sorted(), texts)
      expectEqual(try await fifth.map(unknown(0..<300), orderOutputs: false).collect().sorted(), texts)
    },
    Scenario(name: "an iterator that has ended stays at its end", functions: [square]) { _ in
      var iterator = square.map(unknown(0..<1000)).makeAsyncIterator()
      for index in 0..<1000 { expectEqual(try await iterator.next(), index * index) }
      for _ in 0..<3 { expectEqual(try await iterator.next(), nil) }
    },
    Scenario(name: "in completion order a slow input comes last", functions: [slowFirst]) { _ in
      for _ in 0..<2 {
        let order = try await slowFirst.map(0..<10, orderOutputs: false).collect()
        expectEqual(order.sorted(), Array(0..<10))
        expectEqual(order.last, 1, "the last of \(order)")
        let lazily = try await all(slowFirst.map(unknown(0..<10), orderOutputs: false))
        expectEqual(lazily.sorted(), Array(0..<10))
        expectEqual(lazily.last, 1, "the last of \(lazily)")
      }
    },
    Scenario(name: "the order of outputs is that of inputs, or that of completion", functions: [meetsNext]) {
      _ in
      expectEqual(try await meetsNext.map([1, 3]).collect(), [1, 3])
      Board.set(10, 0)
      expectEqual(try await meetsNext.map([1, 2, 3]).collect(), [1, 2, 3])
      Board.set(10, 0)
      let order = try await meetsNext.map([1, 2, 3], orderOutputs: false).collect()
      expectEqual(order.sorted(), [1, 2, 3])
      expect(order.firstIndex(of: 2) ?? 9 < order.firstIndex(of: 1) ?? 0, "2 came after 1: \(order)")
    },
    Scenario(name: "nil is an output like any other", functions: [evenOrNil, evenTextOrNil]) { _ in
      expectEqual(try await evenOrNil.map(0..<4).collect(), [0, nil, 2, nil])
      expectEqual(try await all(evenOrNil.map(unknown(0..<4))), [0, nil, 2, nil])
      expectEqual(try await evenTextOrNil.map(0..<4).collect(), ["0", nil, "2", nil])
      var iterator = evenOrNil.map([1, 1]).makeAsyncIterator()
      for _ in 0..<2 {
        guard case .some(.none) = try await iterator.next() else { fail("nil ended the iteration") }
      }
      guard case .none = try await iterator.next() else { fail("there is a third of two outputs") }
    },
    Scenario(
      name: "any mix of sizes and containers gives a serial map's results",
      functions: [two, twelve, twelveByOne]
    ) {
      _ in
      for (function, count, ceiling) in [
        (two, 517, Int?.none), (twelve, 200, nil), (twelveByOne, 250, 250), (twelveByOne, 25, 24),
        (twelve, 25, 1),
      ] {
        let serial = (0..<count).map { $0 * $0 }
        expectEqual(try await function.map(0..<count, maxOutstandingInputs: ceiling).collect(), serial)
        expectEqual(
          try await function.map(unknown(0..<count), maxOutstandingInputs: ceiling).collect(), serial)
        expectEqual(try await all(function.map(unknown(0..<count), maxOutstandingInputs: ceiling)), serial)
      }
    },
    Scenario(name: "two hundred containers share one map", functions: [crowd]) { _ in
      expectEqual(try await crowd.map(0..<1000).collect().reduce(0, +), 332_833_500)
    },
    Scenario(name: "a map of several sequences ends with the shortest", functions: [sumOfSquares]) { _ in
      let serial = (0..<3).map { $0 * $0 + $0 * $0 }
      expectEqual(try await sumOfSquares.map(0..<3, 0..<7).collect(), serial)
      expectEqual(try await sumOfSquares.map(0..<7, 0..<3).collect(), serial)
      expectEqual(try await sumOfSquares.map(Counted(), 0..<3).collect(), serial)
      let first = Counted()
      let second = Counted()
      expectEqual(try await sumOfSquares.map(first, [1, 2, 3]).collect(), [1, 5, 13])
      expectEqual(try await sumOfSquares.map([1, 2, 3], second).collect(), [1, 5, 13])
      expectEqual(second.tally.taken, 3, "elements taken behind a shorter sequence")
      expect(first.tally.taken <= 4, "\(first.tally.taken) elements were taken before a sequence of 3")
      expectEqual(try await sumOfSquares.map([], 0..<7).collect(), [])
    },
    Scenario(name: "for-each runs every input once", functions: [touch, touchBoth]) { _ in
      try await touch.forEach(0..<10)
      try await touchBoth.forEach(20..<30, repeatElement(5, count: 20))
      expectEqual((0..<40).map(Board.value), (0..<40).map { ($0 < 10 || (25..<35).contains($0)) ? 1 : 0 })
    },
    Scenario(name: "tuples, packed and framed, come back whole", functions: [parts, textParts]) { _ in
      for (index, (whole, half, isEven)) in try await parts.map(0..<200).collect().enumerated() {
        expect(
          whole == index && half == Double(index) / 2 && isEven == (index % 2 == 0),
          "\(index): \(whole) \(half)")
      }
      for (index, (number, text)) in try await all(textParts.map(unknown(0..<200))).enumerated() {
        expect(number == index && text == "\(index)", "\(index): \(number) \(text)")
      }
    },
    Scenario(name: "an empty input gives an empty result at once", functions: [square, touch, pow1, fifth]) {
      driver in
      expectEqual(try await square.map([Int]()).collect(), [])
      expectEqual(try await square.map(EmptyCollection<Int>()).collect(), [])
      expectEqual(try await square.map(unknown([Int]())).collect(), [])
      expectEqual(try await all(square.map(unknown([Int]()), orderOutputs: false)), [])
      expectEqual(try await all(fifth.map(0..<0)), [])
      expectEqual(try await square.map([Int]()).batches.collect(), [])
      expectEqual(try await square.map([Int]()).results.collect().count, 0)
      expectEqual(try await pow1.starmap([(Int, Int)]()).collect(), [])
      try await touch.forEach([Int]())
      try await touch.forEach(unknown([Int]()), ignoreExceptions: true)
      var exhausted = [1, 2].makeIterator()
      while exhausted.next() != nil {}
      expectEqual(try await square.map(IteratorSequence(exhausted)).collect(), [])
      expectEqual(driver.statistics.functions.map(\.inputsTaken), [0, 0, 0, 0])
    },
    Scenario(name: "batches hold every output once, none of them empty", functions: [square, fifth]) { _ in
      let batches = try await all(square.map(0..<5000).batches)
      expect(batches.allSatisfy { !$0.isEmpty }, "an empty batch")
      expectEqual(Array(batches.joined()), (0..<5000).map { $0 * $0 })
      expectEqual(
        Array(try await fifth.map(unknown(0..<300)).batches.collect().joined()), (0..<300).map { "\($0)" })
    },
    Scenario(name: "indexed outputs name their inputs, in either order", functions: [square, fifth]) { _ in
      var next = 0
      for try await (index, output) in square.map(0..<2000).indexed {
        expect(index == next && output == index * index, "\(index): \(output)")
        next += 1
      }
      expectEqual(next, 2000)
      var seen: Set<Int> = []
      for try await (index, output) in fifth.map(unknown(0..<300), orderOutputs: false).indexed {
        expect(seen.insert(index).inserted && output == "\(index)", "\(index): \(output)")
      }
      expectEqual(seen.count, 300)
    },
  ])
