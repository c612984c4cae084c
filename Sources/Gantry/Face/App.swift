// A program that is an App: its functions are its properties, its entrypoint is run().

import Dispatch
import GantryLanes

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// A program whose stored properties hold its functions.
///
/// ```swift
/// @main struct Squares: App {
///   let square = Function { (x: Int) in x * x }
///
///   func run() async throws {
///     for try await y in square.map([1, 2, 3, 4]) { print(y) }
///   }
/// }
/// ```
public protocol App: Sendable {
  /// Makes the program; its functions are made here.
  init()

  /// The entrypoint, run after the containers' zygote was forked.
  ///
  /// - Throws: Whatever is to end the program: it is printed on standard error, and the status is 1.
  func run() async throws

  /// How its driver starts.
  var configuration: Configuration { get }
}

extension App {
  /// The default configuration.
  public var configuration: Configuration { .init() }

  /// Starts the program: makes `Self()`, forks the zygote while there is one thread, runs `run()`, exits.
  ///
  /// Synchronous, so that nothing has started a thread before the fork. Never returns: when `run()` has, spawned calls are
  /// finished, all processes end, and the program exits with status 0, or 1 for an error, which is printed.
  public static func main() {
    let app = Self()
    let driver: Driver
    do {
      driver = try Driver(findFunctions(in: app), app.configuration)
    } catch {
      printError(error)
      exit(1)
    }
    Task {
      var status: Int32 = 0
      do {
        try await app.run()
      } catch {
        printError(error)
        status = 1
      }
      await driver.shutdown()
      exit(status)
    }
    dispatchMain()
  }
}

private func printError(_ error: any Error) {
  fflush(nil)
  var text = "Error: \(error)\n"
  text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
}

/// The functions among a value's stored properties, also in collections, optionals and nested values, named by their
/// path; `depth` ends the search in values that hold themselves.
func findFunctions(
  in value: Any, path: String = "", depth: Int = 16
) -> [(name: String?, registration: FunctionRegistration)] {
  if let function = value as? any RegisteredFunction {
    let registration = function.registration
    return [(registration.name ?? (path.isEmpty ? nil : path), registration)]
  }
  guard depth > 0 else { return [] }
  let mirror = Mirror(reflecting: value)
  switch mirror.displayStyle {
  case .struct, .class, .tuple, .enum:
    let inherited = mirror.superclassMirror.map { Array($0.children) } ?? []
    return (inherited + mirror.children).flatMap { child in
      findFunctions(in: child.value, path: join(path, child.label ?? ""), depth: depth - 1)
    }
  case .optional:
    return mirror.children.flatMap { findFunctions(in: $0.value, path: path, depth: depth - 1) }
  case .collection, .set:
    return mirror.children.enumerated().flatMap {
      findFunctions(in: $1.value, path: "\(path)[\($0)]", depth: depth - 1)
    }
  case .dictionary:
    return mirror.children.flatMap { child in
      let pair = Mirror(reflecting: child.value).children.map(\.value)
      guard pair.count == 2 else { return [(name: String?, registration: FunctionRegistration)]() }
      return findFunctions(in: pair[1], path: "\(path)[\(pair[0])]", depth: depth - 1)
    }
  default:
    return []
  }
}

private func join(_ path: String, _ label: String) -> String {
  if label.isEmpty { return path }
  return path.isEmpty ? label : "\(path).\(label)"
}
