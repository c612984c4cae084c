(* OCaml's Parmap: `parmap list|array|shared`, by the protocol of the harness: --about, or WORKLOAD workers=2 n=100...
   Parmap forks its workers for each map, so that inputs reach them by fork and only outputs travel; chunk=0 is its own
   even split. "shared" is array_float_parmap, whose outputs are written into shared memory. *)

let mebi = 1 lsl 20
let stop sentence = prerr_endline sentence; exit 2
let check right = if not right then stop "The outputs are wrong."

let numbers_sweep = {|{"chunk": [0, 100000, 1000000]}|}
let blobs_sweep = {|{"chunk": [0, 4, 16]}|}

let workloads = function
  | "shared" -> [ "w1-collect", {|{"reuse": [1, 0], "chunk": [0, 100000, 1000000]}|} ]
  | _ ->
    [ "w1-collect", numbers_sweep; "w1-unordered", numbers_sweep; "w1-foreach", numbers_sweep;
      "w5-in", blobs_sweep; "w5-echo", blobs_sweep ]

let about kind =
  let entries = List.map (fun (id, sweep) -> Printf.sprintf "%S: %s" id sweep) (workloads kind) in
  let call = match kind with
    | "list" -> "Parmap.parmap" | "array" -> "Parmap.array_parmap" | _ -> "Parmap.array_float_parmap" in
  Printf.printf "{\"name\": %S, \"version\": \"OCaml %s\", \"workloads\": {%s}}\n"
    call Sys.ocaml_version (String.concat ", " entries)

let setting name standard =
  let prefix = name ^ "=" in
  let length = String.length prefix in
  Array.fold_left
    (fun found word ->
      if String.length word > length && String.sub word 0 length = prefix then
        match int_of_string_opt (String.sub word length (String.length word - length)) with
        | Some value -> value
        | None -> stop (word ^ " is no whole number.")
      else found)
    standard Sys.argv

let chunksize = match setting "chunk" 0 with 0 -> None | size -> Some size

let timed map inputs =
  let start = Unix.gettimeofday () in
  let outputs = map inputs in
  Unix.gettimeofday () -. start, outputs

let square x = x * x

(* One byte of each page is read. *)
let weigh blob =
  let sum = ref (String.length blob) in
  let at = ref 0 in
  while !at < String.length blob do
    sum := !sum + Char.code (String.unsafe_get blob !at);
    at := !at + 4096
  done;
  !sum

let weight x = mebi + mebi / 4096 * (x land 255)
let blob x = String.make mebi (Char.chr (x land 255))

(* The same map twice: of some inputs for a warm heap, and of all. *)
let array ~keeporder f make right n =
  let map inputs = Parmap.array_parmap ?chunksize ~keeporder f inputs in
  ignore (map (Array.init (min n 1000) make));
  let inputs = Array.init n make in
  let seconds, outputs = timed map inputs in
  check (Array.length outputs = n && right outputs);
  seconds

let list ~keeporder f make right n =
  let map inputs = Parmap.parmap ?chunksize ~keeporder f (Parmap.L inputs) in
  ignore (map (List.init (min n 1000) make));
  let inputs = List.init n make in
  let seconds, outputs = timed map inputs in
  check (List.length outputs = n && right (Array.of_list outputs));
  seconds

let each expected outputs =
  let right = ref true in
  Array.iteri (fun i y -> if y <> expected i then right := false) outputs;
  !right

let sum_is_right n outputs =
  Array.fold_left ( + ) 0 outputs = (n - 1) * n * ((2 * n) - 1) / 6

let for_each kind n =
  let inputs = if kind = "list" then Parmap.L (List.init n Fun.id) else Parmap.A (Array.init n Fun.id) in
  fst (timed (Parmap.pariter ?chunksize (fun x -> ignore (Sys.opaque_identity (square x)))) inputs)

(* With reuse=1 the buffer and the result's array are made, and touched by a map, before the time is taken. *)
let shared n =
  let inputs = Array.init n float_of_int in
  let f x = x *. x in
  let map =
    if setting "reuse" 1 = 1 then begin
      let result = Array.make n 0. and sharedbuffer = Parmap.init_shared_buffer inputs in
      Parmap.array_float_parmap ?chunksize ~result ~sharedbuffer f
    end else Parmap.array_float_parmap ?chunksize f in
  ignore (map inputs);
  let seconds, outputs = timed map inputs in
  check (Array.length outputs = n && each (fun x -> float_of_int x *. float_of_int x) outputs);
  seconds

let measure kind workload n =
  let ints ~keeporder = if kind = "list" then list ~keeporder else array ~keeporder in
  match kind, workload with
  | "shared", "w1-collect" -> shared n
  | ("list" | "array"), "w1-collect" -> ints ~keeporder:true square Fun.id (each square) n
  | ("list" | "array"), "w1-unordered" -> ints ~keeporder:false square Fun.id (sum_is_right n) n
  | ("list" | "array"), "w1-foreach" -> for_each kind n
  | "list", "w5-in" -> list ~keeporder:true weigh blob (each weight) n
  | "array", "w5-in" -> array ~keeporder:true weigh blob (each weight) n
  | "list", "w5-echo" -> list ~keeporder:true Fun.id blob (each blob) n
  | "array", "w5-echo" -> array ~keeporder:true Fun.id blob (each blob) n
  | _ -> stop (workload ^ " is no workload of parmap " ^ kind ^ ": see --about.")

let () =
  if Array.length Sys.argv < 3 || not (List.mem Sys.argv.(1) [ "list"; "array"; "shared" ]) then
    stop "Write: parmap list|array|shared, and then --about or WORKLOAD workers=2 n=100 chunk=0.";
  let kind = Sys.argv.(1) and workload = Sys.argv.(2) in
  if workload = "--about" then about kind
  else begin
    Parmap.set_default_ncores (setting "workers" 2);
    let n = setting "n" (if String.sub workload 0 2 = "w5" then 256 else 8_000_000) in
    Printf.printf "{\"seconds\": %.9f, \"n\": %d}\n" (measure kind workload n) n
  end
