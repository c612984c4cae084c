// What the chapters show, by the names of their types: copied from their sources by tools/tour-text, never edited.

// swift-format-ignore
let tourText: [String: String] = [
  "ParallelMap": #"""
    let square = Function { (x: Int) in x * x }

    func run() async throws {
      // Inputs run in parallel, each in some container; outputs come in the inputs' order.
      let results = try await square.map([1, 2, 3, 4]).collect()
      print(results)
    }
    """#,
  "MultipleArguments": #"""
    let multiply = Function { (a: Int, b: Int) in a * b }

    func run() async throws {
      // One sequence for each argument; the shortest ends the map.
      let results = try await multiply.map([1, 2, 3], [10, 20, 30]).collect()
      print(results)
    }
    """#,
  "OrderingOutputs": #"""
    let nap = Function(options: .init(maxContainers: 3)) { (milliseconds: Int) async throws in
      try await Task.sleep(for: .milliseconds(milliseconds))
      return milliseconds
    }

    func run() async throws {
      for try await rested in nap.map([500, 10, 250]) { print("in order:", rested) }
      // As they complete: nobody waits for the slow one.
      for try await rested in nap.map([500, 10, 250], orderOutputs: false) { print("as done:", rested) }
    }
    """#,
  "ExceptionsAsValues": #"""
    struct DivisionByZero: Error {}

    let divide = Function { (a: Double, b: Double) throws in
      if b == 0 { throw DivisionByZero() }
      return a / b
    }

    func run() async throws {
      for try await (index, result) in divide.map([10, 20, 30], [2, 0, 5]).results.indexed {
        switch result {
        case .success(let quotient): print("Input \(index) result: \(quotient)")
        case .failure(let error): print("Input \(index) failed: \(error)")
        }
      }
    }
    """#,
  "Starmap": #"""
    let add = Function { (a: Int, b: Int, c: Int) in a + b + c }

    func run() async throws {
      // Each tuple is the arguments of one call.
      let results = try await add.starmap([(1, 2, 3), (4, 5, 6), (7, 8, 9)]).collect()
      print(results)
    }
    """#,
  "ForEach": #"""
    let process = Function { (item: Int) in
      print("Processing \(item)")  // in the container, on the program's standard output
    }

    func run() async throws {
      try await process.forEach([1, 2, 3, 4, 5])
      print("all done")
    }
    """#,
  "SpawnMap": #"""
    let expensive = Function { (x: Int) async throws in
      try await Task.sleep(for: .milliseconds(200))
      return x * x
    }

    func run() async throws {
      let call = try await expensive.spawnMap([1, 2, 3, 4])
      print("Computation started in background")
      // The outputs can be had afterwards; while you hold the call, they are kept.
      try await call.wait()
      print("\(call.status.completed) completed:", try await call.results().collect())
    }
    """#,
  "AsyncUsage": #"""
    let double = Function { (x: Int) async throws in
      try await Task.sleep(for: .milliseconds(100))
      return x * 2
    }

    func run() async throws {
      var results: [Int] = []
      // Every call is asynchronous; bodies may be, too.
      for try await result in double.map([1, 2, 3, 4]) {
        results.append(result)
        print("Got result: \(result)")
      }
    }
    """#,
  "InputsInChunks": #"""
    let one = Function(options: .init(chunking: .fixed(1))) { (x: Int) in x + 1 }
    // At most Chunking.defaultSize, 49, to begin with; more while chunks are so short that the overhead shows.
    let many = Function(options: .init(chunking: .automatic)) { (x: Int) in x + 1 }

    func run() async throws {
      for (name, function) in [("chunks of 1", one), ("automatic", many)] {
        _ = try await function.remote(0)  // starts a container
        let start = ContinuousClock.now
        let sum = try await function.map(0..<5000).collect().reduce(0, +)
        let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
        print("\(name): the sum is \(sum), after \(milliseconds) ms")
      }
    }
    """#,
  "Backpressure": #"""
    let square = Function { (x: Int) in x &* x }

    func run() async throws {
      let taken = Counter()
      let endless = (0...).lazy.map { (x: Int) in
        taken.count()
        return x
      }
      // Lazy: a map describes, and reads when results are asked for, never more than a window ahead.
      let results = square.map(endless, maxOutstandingInputs: 100)
      print("before the first result: \(taken.value) inputs taken")
      var iterator = results.makeAsyncIterator()
      for _ in 0..<10 { _ = try await iterator.next() }
      print("after ten results: at most 110 inputs taken is \(taken.value <= 110)")
    }
    """#,
  "RetriesWithBackoff": #"""
    struct Unavailable: Error {}

    static let attempts = Counter()

    // A thrown error is an answer, unless you ask for retries.
    let fetch = Function(
      options: .init(
        maxContainers: 1,
        retries: .init(maxRetries: 3, backoffCoefficient: 2, initialDelay: .milliseconds(100)))
    ) { (page: Int) throws in
      if attempts.count() <= 3 { throw Unavailable() }
      return "page \(page) at attempt \(attempts.value)"
    }

    func run() async throws {
      let start = ContinuousClock.now
      print(try await fetch.remote(7))
      // 100 + 200 + 400 ms of waiting.
      print("waited 700 ms or more is \(ContinuousClock.now - start >= .milliseconds(700))")
    }
    """#,
  "DebugLogging": #"""
    let square = Function { (x: Int) in x * x }

    // A property of your App. GANTRY_LOG_LEVEL=debug in the environment does it without a line of code.
    var configuration: Configuration {
      var logger = Logger(label: "gantry") { label in TourLog(label) }
      logger.logLevel = .debug
      return Configuration(logger: logger)
    }

    func run() async throws {
      TourLog.isShown.store(true, ordering: .relaxed)
      defer { TourLog.isShown.store(false, ordering: .relaxed) }
      print("the sum is", try await square.map(0..<1000).collect().reduce(0, +))
    }
    """#,
  "ContainerScaling": #"""
    let work = Function(options: .init(maxContainers: 1)) { (x: Int) async throws in
      try await Task.sleep(for: .milliseconds(200))
      return x
    }

    func run() async throws {
      // with(_:) is the same function with other options, and containers of its own.
      for function in [work, work.with(.init(maxContainers: 4))] {
        let outcomes = try await function.map(0..<4).outcomes.collect()
        print("4 inputs ran in \(Set(outcomes.map(\.container)).count) container(s)")
      }
    }
    """#,
  "RateLimits": #"""
    // At most two starts in any 200 ms, over all containers of the function.
    let ask = Function(options: .init(rateLimit: .init(count: 2, per: .milliseconds(200)))) { (x: Int) in x }

    func run() async throws {
      let start = ContinuousClock.now
      let answers = try await ask.map(1...6).collect()
      print("\(answers) took 400 ms or more is \(ContinuousClock.now - start >= .milliseconds(400))")
    }
    """#,
  "ACrashCostsOneInput": #"""
    let reciprocal = Function { (x: Int) in 1000 / x }  // traps for 0, and a trap ends its process

    func run() async throws {
      for try await (index, result) in reciprocal.map([4, 0, 8, 10]).results.indexed {
        switch result {
        case .success(let y): print("Input \(index) result: \(y)")
        case .failure(let error): print(error)
        }
      }
    }
    """#,
]
