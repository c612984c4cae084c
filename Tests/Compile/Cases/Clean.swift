// Nothing is said of bodies that are right: no result, several statements, types that are inferred.
// swift-format-ignore-file

import Gantry

final class Rock: Sendable { func touch() {} }
struct Name: Payload, Codable { var text: String }
enum Failing: Error { case always }

@discardableResult func kick(_ x: Int) -> Int { x }

let rock = Rock()
let nothing = Function { (x: Int) in rock.touch() }
let empty = Function { (x: Int) in }
let statements = Function { (x: Int) in
  let y = x
  if y > 3 { return }
  rock.touch()
}
let printing = Function { (x: Int) in print(x) }
let assigned = Function { (x: Int) in _ = kick(x) }
let looping = Function { (x: Int) in for _ in 0..<x { rock.touch() } }
let deferring = Function { (x: Int) in
  defer { rock.touch() }
  return x + 1
}
let said = Function { (x: Int) -> Void in rock.touch() }
let throwing = Function { (x: Int) throws in if x > 3 { throw Failing.always } }
let onlyThrowing = Function { (x: Int) throws -> Int in throw Failing.always }
let never = Function { (x: Int) -> Int in fatalError("never") }
let waiting = Function { (x: Int) in await Task.yield() }
let two = Function { (x: Int, y: Int) in print(x, y) }
let inferred = Function { (x: Int) in [x: Name(text: "\(x)")] }
let optional = Function { (x: Int) -> Int? in x > 0 ? x : nil }
let optionalInferred = Function { (x: Int) in Int("\(x)") }
let discardable = Function { (x: Int) in kick(x) }
let switching = Function { (x: Int) in
  switch x {
  case 0: return "none"
  case 1: return "one"
  default:
    let text = "\(x)"
    return text
  }
}
let trying = Function { (text: String) in
  do { return try [Int](text.map { _ in throw Failing.always }) } catch { return [] }
}
let mapped = Function { (rows: [[Int]]) in rows.flatMap { $0 }.filter { $0 > 1 }.sorted { $0 > $1 } }
let handle: Rock? = rock
let chained = Function { (x: Int) in handle?.touch() }
let chainedTwo = Function("chained", { (x: Int, y: Int) in handle?.touch() })
let quiet = Function { (x: Int) async in try? await Task.sleep(for: .seconds(x)) }
let quietTwo = Function { (x: Int, y: Int) in try? await Task.sleep(for: .seconds(x)) }
let quietState = Function(enter: { Rock() }) { (state: Rock, x: Int) in try? await Task.sleep(for: .seconds(x)) }
let state = Function(enter: { Rock() }) { (state: Rock, x: Int) in state.touch() }
let stateStatements = Function(enter: { Rock() }, exit: { $0.touch() }) { (state: Rock, x: Int) in
  let y = x * 2
  state.touch()
  return y
}
let stateTwo = Function(enter: { Rock() }) { (state: Rock, x: Int, y: Int) in print(x, y) }
let typed: Function<Int, String> = Function { "\($0)" }
let typedNothing: Function<Int, Void> = Function { _ in }
let typedStatements: Function<Int, Void> = Function { x in
  let y = x
  print(y)
}
let typedTwo: Function<(Int, Int), Int> = Function { $0 * $1 }

/// A result taken for nothing has its type: the compiler checks these.
func types() async throws {
  let _: Function<Int, Void> = nothing
  let _: Function<Int, Void> = chained
  let _: Function<(Int, Int), Void> = chainedTwo
  let _: Function<Int, Void> = quiet
  let _: Function<Int, Int> = discardable
  let _: Function<Int, Int?> = optionalInferred
  let _: Function<(Int, Int), Void> = two
  let _: Int = try await deferring.remote(1)
  let _: String = try await switching.remote(1)
}
