# SPDX-License-Identifier: MIT
# From a net record to the records of a trained network that never saw any
# data: 40 samples whose answers and confidences follow from their numbers.
#   stream-dump --records-only net.mpz | jq -c -f trained.jq |
#       stream-load --kind=trained
# --arg failed ID: that network failed.
def samples: 40;
def tensor($dtype; $shape): {dtype: $dtype, shape: $shape, values: .};
def truth($k): $k % 10;
def right($k; $i): ($k * 7 + $i * 3) % 10 < 5 + $i;
def answer($k; $i): if right($k; $i) then truth($k) else truth($k + 1) end;

. as $net | (.exits | length) as $exits | .classes as $classes
| [.exits[].head_macs] as $heads
| {arch, space, genome, net: .id,
   recipe: "00112233445566778899aabbccddeeff", origin,
   gamma: [.exits[].gamma], gamma_paper: [.exits[].gamma_paper],
   prefix: [range($exits) as $i
            | $net.exits[$i].gamma - ($heads[:$i + 1] | add)],
   head: $heads, params, peak_bytes} as $summary
| ($net.id == $ARGS.named.failed) as $failed
| {type: "trained", summary: $summary,
   status: (if $failed then "failed" else "ok" end),
   reason: (if $failed then "loss is not finite in epoch 1" else null end),
   dataset: "none", seed: 1, recipe: [{name: "lr", value: "0.01"}],
   log: [range(3) | {phase: (if . < 1 then "backbone" else "exits" end),
         epoch: ., lr: 0.01, loss: (3 - .), loss_acc: (2.5 - .),
         loss_conf: null, loss_cost: 0, loss_peak: null, val_loss: (3.5 - .),
         val_accuracy: [range($exits) as $i | 0.25 + 0.125 * .],
         images: 100}],
   best_epoch: 2},
  $net,
  if $failed then empty else
  {type: "trace", summary: $summary, split: "val", samples: samples,
   classes: $classes, exits: $exits, policy: false,
   labels: ([range(samples) | truth(.)] | tensor("i32"; [samples])),
   taken: ([] | tensor("u8"; [0]))},
  (range($exits) as $i
   | {type: "exit-trace", exit: $i,
      logits: ([range(samples) as $k | range($classes)
                | if . == answer($k; $i) then 1 + $i else 0 end]
               | tensor("f32"; [samples, $classes])),
      confidence: (if $net.exits[$i].confidence
                   then [range(samples) | (. * 37 % 100 + $i) / 128]
                        | tensor("f32"; [samples])
                   else [] | tensor("f32"; [0]) end)})
  end
