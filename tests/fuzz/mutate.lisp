;;;; Feeds mutated programs to the reader and the compiler: mutate.lisp SEED CASES PROGRESS FOLDER FILE…
;;;; What may happen is a condition. Each case is noted in the file PROGRESS first, so that one that
;;;; ends or blocks the process is known. With a FOLDER other than `-`, the texts are written there
;;;; instead, for the driver.

(defvar *state* 1)
(defun random-below (n)
  ;; The same numbers everywhere: the constants of Knuth's MMIX.
  (setq *state* (logand (+ (* *state* 6364136223846793005) 1442695040888963407) (1- (ash 1 64))))
  (mod (ash *state* -33) n))

(defun pick (sequence) (elt sequence (random-below (length sequence))))

(defvar *fragments*
  #("(" ")" "'" "`" "," ",@" "#" "\"" "|" "\\" ";" ":" "::" "." " . " "#'" "#(" "#|" "|#" "#." "#+" "#-" "#1=" "#1#"
    "#\\" "#:" "#x" "#b" "#*" "#c(" "#s(" "#2a" "nil" "t" "()" "(())" "0" "-1" "1/0" "1.0" "1d400" "1e-400" "99999999999999999999"
    "&optional" "&key" "&rest" "&body" "&whole" "&environment" "&aux" "(declare (special x))" "(declare (type integer x))"
    "(declare)" "(the fixnum " "(function " "(setf " "(quote " "(go x)" "(return)" "(lambda (x) " "(lambda " "(let ((x 1)) "
    "(let* " "(flet ((f (x) x)) " "(labels " "(macrolet ((m (x) x)) " "(symbol-macrolet ((x y)) " "(tagbody " "(block nil "
    "(catch 'x " "(unwind-protect " "(multiple-value-bind (a b) " "(multiple-value-call " "(progv '(x) '(1) " "(locally "
    "(eval-when (:compile-toplevel) " "(load-time-value " "(defun f (x) " "(defmacro m (x) " "(defstruct s " "(loop for x "
    "(loop " "(do ((x 1)) " "(case x " "(typecase x " "(destructuring-bind (a . b) " "(handler-case " "(handler-bind "
    "(restart-case " "(with-open-file (s \"x\") " "(declaim (inline f))" "(in-package " "(defpackage " "(define-condition "
    "(defsetf " "(deftype " "(defconstant " "(format nil \"~" "(make-array 3 " "(coerce x '" "(typep x '" "(aref x " "(+ "))

(defun contents (file)
  (with-open-file (in file)
    (with-output-to-string (out)
      (loop for char = (read-char in nil) while char do (write-char char out)))))

(defun spliced (text start end middle)
  (concatenate 'string (subseq text 0 start) middle (subseq text end)))

(defun mutate (text others)
  (let* ((n (length text)) (at (random-below (1+ n))) (end (min n (+ at (random-below 20)))))
    (case (random-below 9)
      (0 (spliced text at end ""))
      (1 (spliced text at at (pick *fragments*)))
      (2 (spliced text at end (pick *fragments*)))
      (3 (spliced text at at (string (code-char (random-below 256)))))
      (4 (spliced text at at (string (code-char (pick #(0 127 160 8364 65279 128512 65533 1114111))))))
      (5 (subseq text 0 at))
      ;; A piece of the text again, elsewhere; a piece of another.
      (6 (let ((to (random-below (1+ n)))) (spliced text to to (subseq text at end))))
      (7 (let* ((other (pick others)) (from (random-below (1+ (length other)))))
           (spliced text at end (subseq other from (min (length other) (+ from (random-below 60)))))))
      ;; Neighbours change places.
      (t (let ((middle (min n (+ at (random-below 8)))) (end (min n (+ end 8))))
           (spliced text at (max middle end)
                    (concatenate 'string (subseq text middle (max middle end)) (subseq text at middle))))))))

(defun mutated (texts)
  (let ((text (pick texts)))
    (dotimes (i (1+ (random-below 5)) text)
      (setq text (mutate text texts)))))

(defun defect-p (condition)
  (search "defect of Rook" (handler-case (princ-to-string condition) (serious-condition () ""))))

(defvar *defects* 0)

(defun feed (text number)
  (flet ((note (condition)
           (when (defect-p condition)
             (incf *defects*)
             (format t "~&case ~D: ~A~%~A~%" number condition text))))
    (let ((*read-eval* nil) (*package* (find-package "COMMON-LISP-USER")) (*readtable* (copy-readtable nil)) (start 0))
      (handler-case
          (loop
            (multiple-value-bind (form end) (read-from-string text nil 'end :start start)
              (when (eq form 'end) (return))
              (setq start end)
              (handler-case (handler-bind ((warning #'muffle-warning)) (compile nil (list 'lambda '() form)))
                (serious-condition (condition) (note condition)))))
        (serious-condition (condition) (note condition))))))

(destructuring-bind (seed cases progress folder &rest files) (rest (ext:command-args))
  (setq *state* (parse-integer seed))
  (let ((texts (map 'vector #'contents files)) (dribble (make-broadcast-stream)))
    (dotimes (number (parse-integer cases))
      (let ((text (mutated texts)))
        (if (string= folder "-")
            (progn
              (with-open-file (out progress :direction :output :if-exists :supersede)
                (format out "~D~%~A" number text))
              (let ((*error-output* dribble) (*trace-output* dribble))
                (feed text number)))
            (with-open-file (out (format nil "~A/~D.lisp" folder number) :direction :output :if-exists :supersede)
              (write-string text out)))))))
(format t "~&~D defects~%" *defects*)
