(in-package "ROOK-KERNEL")

;;;; The stream inside a logical block: a composite stream of type :PRETTY that keeps what is written
;;;; as tokens for the printer's layout. Its part is a simple vector: the stream to write to at the
;;;; end, text not yet a token, tokens in reverse order, depth of blocks, column.

(defmacro %pretty-target (state) `(svref ,state 0))
(defmacro %pretty-text (state) `(svref ,state 1))
(defmacro %pretty-tokens (state) `(svref ,state 2))
(defmacro %pretty-depth (state) `(svref ,state 3))
;;; As if only hard newlines broke lines.
(defmacro %pretty-column (state) `(svref ,state 4))

(defun %make-pretty-stream (target)
  (%primitive make-composite-stream :output 'character :pretty
              (vector target (%primitive make-string-output-stream) '() 0
                      (or (%stream-column target) 0))))

(defun %pretty-state (stream)
  ;; The state of the pretty stream that STREAM leads to, or NIL.
  (let ((target (%output-target stream)))
    (if (eq (%composite-type target) :pretty) (%composite-parts target) nil)))

(defun %finish-pretty-text (state)
  (let ((text (%primitive get-output-stream-string (%pretty-text state))))
    (when (plusp (length text))
      (%set-svref state 2 (cons text (%pretty-tokens state))))))

(defun %add-pretty-token (state token)
  (%finish-pretty-text state)
  (%set-svref state 2 (cons token (%pretty-tokens state))))

(defun %pretty-write-char (state char)
  (cond ((eql char #\Newline)
         (%add-pretty-token state (vector :newline :literal (%pretty-depth state) 0))
         (%set-svref state 4 0))
        (t
         (%primitive stream-write-char (%pretty-text state) char)
         (%set-svref state 4 (1+ (%pretty-column state))))))

(defun %pretty-write-string (state string start end)
  (do ((from start))
      ((>= from end))
    (let ((newline (or (position #\Newline string :start from :end end) end)))
      (%primitive stream-write-string (%pretty-text state) string from newline)
      (%set-svref state 4 (+ (%pretty-column state) (- newline from)))
      (when (< newline end)
        (%pretty-write-char state #\Newline))
      (setq from (1+ newline)))))
