(in-package "ROOK-KERNEL")

;;;; Texts with plain directives (~A ~S ~D ~% ~& ~~), written without the FORMAT interpreter, so that a
;;;; program which only reports errors need not carry it.

(defun %plain-pieces (control)
  ;; The strings and directive characters of CONTROL in order; :COMPLEX when others occur.
  (let ((pieces '()) (start 0) (length (length control)))
    (do ()
        ((>= start length) (nreverse pieces))
      (let ((tilde (do ((i start (1+ i)))
                       ((or (>= i length) (eql (char control i) #\~)) i))))
        (when (> tilde start)
          (setq pieces (cons (subseq control start tilde) pieces)))
        (setq start (+ tilde 2))
        (cond ((= tilde length))
              ((and (< (1+ tilde) length)
                    (%memq (char-upcase (char control (1+ tilde))) '(#\A #\S #\D #\% #\& #\~)))
               (setq pieces (cons (char-upcase (char control (1+ tilde))) pieces)))
              (t (return :complex)))))))

(defun %write-decimal (object stream)
  (let ((*print-base* 10) (*print-radix* nil))
    (princ object stream)))

(defmacro %write-text (stream control &rest arguments)
  "Writes to a stream; CONTROL is a constant string with plain directives."
  (let ((variable (gensym "STREAM")))
    `(let ((,variable ,stream))
       ,@(%map1 (lambda (piece)
                  (case piece
                    (#\A `(princ ,(pop arguments) ,variable))
                    (#\S `(prin1 ,(pop arguments) ,variable))
                    (#\D `(%write-decimal ,(pop arguments) ,variable))
                    (#\% `(terpri ,variable))
                    (#\& `(fresh-line ,variable))
                    (#\~ `(write-char #\~ ,variable))
                    (t `(write-string ,piece ,variable))))
                (%plain-pieces control))
       nil)))

(defun %write-control (control stream arguments)
  ;; As FORMAT to a stream.
  (let ((pieces (if (stringp control) (%plain-pieces control) :complex)))
    (if (or (eq pieces :complex)
            (< (length arguments) (count-if (lambda (piece) (%memq piece '(#\A #\S #\D))) pieces)))
        (%run-any-control control stream arguments)
        (dolist (piece pieces nil)
          (case piece
            (#\A (princ (pop arguments) stream))
            (#\S (prin1 (pop arguments) stream))
            (#\D (%write-decimal (pop arguments) stream))
            (#\% (terpri stream))
            (#\& (fresh-line stream))
            (#\~ (write-char #\~ stream))
            (t (write-string piece stream)))))))

(defun %run-any-control (control stream arguments)
  (%run-control control stream arguments)
  nil)

;;; Only such programs can come by a control string that is neither plain nor one of their literals.
(%put-property '%run-any-control '%only-with
               '(format formatter error cerror warn signal break make-condition assert
                 with-simple-restart invoke-debugger %assertion-failed %cerror %make-condition
                 simple-condition-format-control y-or-n-p yes-or-no-p %coerce-to-condition))
