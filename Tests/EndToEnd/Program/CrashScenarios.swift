// Promises about inputs that end their container: exactly they are reported, and everything else is delivered.

import Gantry
import Glibc

private let strict = Function("strict", options: .init(crashRetries: .none)) { (x: Int) in squareOrDie(x) }
private let patient = Function(
  "patient", options: .init(crashRetries: .init(maxRetries: 2, initialDelay: .milliseconds(5)))
) { (x: Int) in squareOrDie(x) }
private let framed = Function("framed", options: .init(crashRetries: .none)) { (text: String) -> String in
  if let number = Int(text), number >= 1000 { _ = squareOrDie(number) }
  return text + text
}
private let recovering = Function(
  "recovering", options: .init(crashRetries: .init(maxRetries: 3, initialDelay: .milliseconds(2)))
) { (scratch: String, x: Int, deaths: Int) in
  for attempt in 0..<deaths where createFile("\(scratch)/\(x).\(attempt)") { die(.killedByItself) }
  return x * x
}
private let tallied = Function("tallied", options: .init(maxContainers: 2, crashRetries: .none)) {
  (scratch: String, x: Int, way: Int) in
  var attempt = 0
  while !createFile("\(scratch)/\(x).\(attempt)") { attempt += 1 }
  if way >= 0, let way = Death(rawValue: way) { die(way) }
  return x * x
}
struct Explosive: Payload {
  var number: Int
  var isLoaded: Bool
  var label = "explosive"

  init(_ number: Int, loaded: Bool = false) {
    self.number = number
    isLoaded = loaded
  }

  init(from decoder: inout PayloadDecoder) throws {
    number = try decoder.decode()
    isLoaded = false
    if number == 13 { die(.overflow) }
  }

  func encode(into encoder: inout PayloadEncoder) {
    if isLoaded && number == 13 { die(.fatalError) }
    encoder.encode(number)
  }
}

private let opening = Function("opening", options: .init(crashRetries: .none)) { (x: Explosive) in x.number }
private let closing = Function("closing", options: .init(crashRetries: .none)) { (x: Int) in
  Explosive(x, loaded: true)
}

/// Runs `count` squares with a death at one of them, and expects everything else to arrive.
private func expectOneLoss(
  _ function: Function<Int, Int>, _ way: Death, at place: Int, of count: Int, attempts: Int
) async throws {
  var inputs = Array(0..<count)
  inputs[place] = (way.rawValue + 1) * 1000
  let results = try await function.map(inputs).results.collect()
  expectEqual(results.count, count, "the results beside \(way)")
  for (index, result) in results.enumerated() {
    if index == place {
      _ = expectCrash(result, way.status, attempts: attempts, index: index)
    } else {
      guard case .success(index * index) = result else { fail("input \(index) beside \(way) is \(result)") }
    }
  }
}

let crashScenarios = ScenarioGroup(
  name: "crash",
  scenarios: [
    Scenario(
      name: "whatever way a container ends, the input that ran is reported and no other", functions: [strict]
    ) {
      _ in
      for way in Death.allCases { try await expectOneLoss(strict, way, at: 37, of: 100, attempts: 1) }
    },
    Scenario(name: "a crashing input is tried as often as its budget says", functions: [patient]) { _ in
      for way in Death.allCases { try await expectOneLoss(patient, way, at: 3, of: 60, attempts: 3) }
    },
    Scenario(name: "the first and the last input of a map may crash", functions: [strict]) { _ in
      for count in [1, 2, 49, 50, 200] {
        try await expectOneLoss(strict, .killedByItself, at: 0, of: count, attempts: 1)
        try await expectOneLoss(strict, .badAddress, at: count - 1, of: count, attempts: 1)
      }
    },
    Scenario(name: "inputs of variable length crash alone too", functions: [framed]) { _ in
      for way in Death.allCases {
        var inputs = (0..<120).map { "\($0)" }
        inputs[60] = "\((way.rawValue + 1) * 1000)"
        let results = try await framed.map(inputs).results.collect()
        expectEqual(results.count, 120)
        for (index, result) in results.enumerated() {
          if index == 60 {
            _ = expectCrash(result, way.status, attempts: 1, index: index)
          } else {
            guard case .success(let text) = result, text == "\(index)\(index)" else {
              fail("\(index): \(result)")
            }
          }
        }
      }
    },
    Scenario(name: "the text of a fatal error reaches the caller", functions: [strict]) { _ in
      let results = try await strict.map([1, (Death.fatalError.rawValue + 1) * 1000, 3]).results.collect()
      let exit = expectCrash(results[1], Death.fatalError.status, attempts: 1, index: 1)
      let tail = exit?.stderrTail ?? ""
      expect(tail.contains("the ladder broke at rung"), "the tail is \(tail)")
    },
    Scenario(
      name: "in the plain view the outputs before a crash come first, then its error", functions: [strict]
    ) {
      _ in
      var seen: [Int] = []
      do {
        for try await output in strict.map([1, 2, 3, 1000, 5]) { seen.append(output) }
        fail("nothing was thrown")
      } catch let error as InputError {
        expectEqual(error.index, 3)
        expectEqual(error.function, "strict")
      }
      expectEqual(seen, [1, 4, 9])
    },
    Scenario(
      name: "collect, forEach and remote throw the crash, and the next call works", functions: [strict]
    ) { _ in
      for round in 0..<5 {
        do {
          _ = try await strict.map([1, 2, 1000, 4]).collect()
          fail("collect threw nothing")
        } catch let error as InputError { expectEqual(error.index, 2) }
        do {
          try await strict.forEach([1, 1000, 4])
          fail("forEach threw nothing")
        } catch let error as InputError { expectEqual(error.index, 1) }
        do {
          _ = try await strict.remote(1000)
          fail("remote threw nothing")
        } catch let error as InputError { expectEqual(error.index, 0) }
        expectEqual(try await strict.remote(round), round * round)
        expectEqual(try await strict.map(0..<10).collect(), (0..<10).map { $0 * $0 })
      }
    },
    Scenario(name: "forEach that ignores exceptions ignores crashes", functions: [strict]) { _ in
      try await strict.forEach([1, 1000, 4, 2000], ignoreExceptions: true)
    },
    Scenario(
      name: "an input that crashes once or twice and then succeeds is delivered", functions: [recovering]
    ) { _ in
      let scratch = makeScratch()
      let inputs = (0..<80).map { (scratch, $0, $0 % 20 == 7 ? 1 : $0 % 20 == 13 ? 2 : 0) }
      let outputs = try await recovering.starmap(inputs).collect()
      removeScratch(scratch)
      expectEqual(outputs, (0..<80).map { $0 * $0 })
    },
    Scenario(name: "after a trap or a kill no finished input runs again", functions: [tallied]) { _ in
      for way in [Death.killedByItself, .outOfRange, .exitsWithZero, .terminated] {
        let scratch = makeScratch()
        let inputs = (0..<100).map { (scratch, $0, $0 == 41 ? way.rawValue : -1) }
        let results = try await tallied.starmap(inputs).results.collect()
        for (index, result) in results.enumerated() where index != 41 {
          guard case .success(index * index) = result else {
            fail("input \(index) beside \(way) is \(result)")
          }
        }
        for index in 0..<100 {
          expect(fileExists("\(scratch)/\(index).0"), "input \(index) beside \(way) ran")
          expect(!fileExists("\(scratch)/\(index).1"), "input \(index) beside \(way) ran once")
        }
        removeScratch(scratch)
      }
    },
    Scenario(name: "a crash in an input's decoder costs that input", functions: [opening]) { _ in
      let results = try await opening.map((0..<50).map { Explosive($0) }).results.collect()
      for (index, result) in results.enumerated() where index != 13 {
        guard case .success(index) = result else { fail("\(index): \(result)") }
      }
      _ = expectCrash(results[13], Death.overflow.status, attempts: 1, index: 13)
    },
    Scenario(name: "a crash in an output's encoder costs that input", functions: [closing]) { _ in
      // Its decoder would end the driver: no output 13 must ever be decoded there.
      let results = try await closing.map(0..<50).results.collect()
      for (index, result) in results.enumerated() where index != 13 {
        guard case .success(let value) = result, value.number == index else { fail("\(index): \(result)") }
      }
      _ = expectCrash(results[13], Death.fatalError.status, attempts: 1, index: 13)
    },
  ])
