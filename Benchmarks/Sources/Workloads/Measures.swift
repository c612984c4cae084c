// Takes times, and prints what was measured as the one line of JSON that the harness reads.

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// What was measured: names and numbers, times in seconds.
public typealias Measures = KeyValuePairs<String, Double>

/// Nanoseconds on the clock that all processes of the machine share.
public func nanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Seconds since a time of `nanoseconds()`.
public func seconds(since start: UInt64) -> Double { Double(nanoseconds() - start) / 1e9 }

/// The percentiles of single calls.
public func percentiles(of nanoseconds: [UInt64]) -> Measures {
  let sorted = nanoseconds.sorted()
  func at(_ share: Double) -> Double { Double(sorted[Int(Double(sorted.count - 1) * share)]) / 1e9 }
  return ["p50": at(0.5), "p99": at(0.99), "p999": at(0.999)]
}

/// Prints the measures and ends the program.
public func report(_ measures: Measures) -> Never {
  print("{" + measures.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}")
  exit(0)
}

/// Prints what a contestant can do, and ends the program.
public func describe(_ name: String, _ workloads: [String]) -> Never {
  #if swift(>=6.3)
  let version = "Swift 6.3"
  #else
  let version = "Swift 6.2"
  #endif
  let list = workloads.map { "\"\($0)\": {}" }.joined(separator: ", ")
  print("{\"name\": \"\(name)\", \"version\": \"\(version)\", \"workloads\": {\(list)}}")
  exit(0)
}

/// Ends the program with the reason.
public func stop(_ message: String) -> Never {
  var text = message + "\n"
  text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  exit(2)
}
